using System.Net;
using System.Net.Sockets;

namespace Bridge.Daemon.Settings;

/// <summary>Addresses to listen on: each can be bound now, and no two are the same.</summary>
public sealed class ListenAddresses(GivenSettings given)
{
    private readonly List<(Setting Setting, IPEndPoint Address)> read = [];

    /// <summary>Null when it was not given or was refused.</summary>
    public IPEndPoint? Read(Setting setting)
    {
        if (given.Text(setting) is not { } text)
            return null;
        if (Parse(text) is not { } address)
        {
            given.Refuse(setting, $"'{text}' is not IP:PORT, such as 127.0.0.1:8443 or [::1]:8443");
            return null;
        }
        var (other, _) = read.Find(r => r.Address.Port == address.Port
            && (r.Address.Equals(address) || IsAny(r.Address) || IsAny(address)));
        if (other is not null)
            given.Refuse(setting, $"{text} is the same port as {other.Key}; each needs its own");
        else if (Taken(address) is { Length: > 0 } why)
            given.Refuse(setting, $"{text} cannot be listened on: {why}");
        read.Add((setting, address));
        return address;
    }

    // IPEndPoint.TryParse takes "8443" for an address and "1:2" for 0.0.0.1.
    private static IPEndPoint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && IPEndPoint.TryParse(text, out var address) && address.Port > 0
            && (text[0] == '[' || text[..colon].Count(c => c == '.') == 3)
                ? address : null;
    }

    private static bool IsAny(IPEndPoint address) =>
        address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any);

    private static string Taken(IPEndPoint address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(address);
            probe.Listen();
            return "";
        }
        catch (SocketException wrong)
        {
            return wrong.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "another process listens there",
                SocketError.AddressNotAvailable => "it is no address of this machine",
                _ => wrong.Message,
            };
        }
    }
}
