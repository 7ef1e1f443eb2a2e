using System.Globalization;

namespace Bridge.Lab.Nodes;

/// <summary>
/// Addresses of pods in the lab's network 10.231.0.0/16, from 10.231.1.1 on; 10.231.0.0/24 is the controller's.
/// </summary>
internal sealed class PodAddresses
{
    private readonly Lock gate = new();
    private readonly HashSet<string> taken = [];
    private int last;

    /// <summary>
    /// The preferred address if it is one of ours and free, else the next free one: an address just freed comes last.
    /// </summary>
    public string Take(string preferred)
    {
        lock (gate)
        {
            if (IsOurs(preferred) && taken.Add(preferred))
                return preferred;
            while (true)
            {
                last = last % (249 * 254) + 1;
                var address = string.Create(
                    CultureInfo.InvariantCulture, $"10.231.{1 + (last - 1) / 254}.{1 + (last - 1) % 254}");
                if (taken.Add(address))
                    return address;
            }
        }
    }

    public void Release(string address)
    {
        lock (gate)
            taken.Remove(address);
    }

    private static bool IsOurs(string address) =>
        address.StartsWith("10.231.", StringComparison.Ordinal)
            && !address.StartsWith("10.231.0.", StringComparison.Ordinal);
}
