using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// The least bus bandwidth that a probe must show, by number of nodes; between two points it is interpolated.
/// </summary>
/// <param name="Probe">The probe that the line is for.</param>
/// <param name="Points">Nodes and bytes per second, by rising number of nodes; the ends hold beyond them.</param>
public sealed record PassLine(Probe Probe, ImmutableArray<(int Nodes, double BytesPerSecond)> Points)
{
    public double At(int nodes)
    {
        var above = 0;
        while (above < Points.Length && Points[above].Nodes < nodes) above++;
        if (above == 0) return Points[0].BytesPerSecond;
        if (above == Points.Length) return Points[^1].BytesPerSecond;
        var (n0, y0) = Points[above - 1];
        var (n1, y1) = Points[above];
        return y0 + ((y1 - y0) * (nodes - n0) / (n1 - n0));
    }
}
