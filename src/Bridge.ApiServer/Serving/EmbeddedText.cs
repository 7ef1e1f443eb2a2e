namespace Bridge.ApiServer.Serving;

/// <summary>Reads the JSON files that travel inside this assembly.</summary>
internal static class EmbeddedText
{
    public static ReadOnlyMemory<byte> Read(string name)
    {
        using var stream = typeof(EmbeddedText).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly was built without {name}");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
