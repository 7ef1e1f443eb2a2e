using System.Buffers.Text;
using System.Text;
using Bridge.ApiServer.Store;

namespace Bridge.ApiServer.Serving;

/// <summary>
/// Where the next page starts: after this key, in the snapshot of this revision. Revision 0 stands for whatever is
/// current, an inconsistent continuation that a client may choose once its snapshot is gone.
/// </summary>
internal readonly record struct ContinueToken(ulong Revision, StoreKey After)
{
    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Revision}\n{After.Namespace}\n{After.Name}"));

    public static ContinueToken? Parse(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (!Base64Url.IsValid(bytes))
            return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromUtf8(bytes)).Split('\n');
        return parts.Length == 3 && ResourceVersion.TryParse(parts[0], out var revision)
            ? new ContinueToken(revision, new StoreKey(parts[1], parts[2]))
            : null;
    }
}
