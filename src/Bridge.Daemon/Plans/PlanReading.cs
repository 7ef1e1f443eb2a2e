using Bridge.Control.Ports;
using Bridge.Core.View;

namespace Bridge.Daemon.Plans;

/// <summary>One Slurm, read for one plan.</summary>
public static class PlanReading
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Reads until the jobs are known too, which takes several reads where they are many. When the time is up, the view
    /// says of its jobs what is wrong; nodes or partitions that cannot be read are waited for no longer.
    /// </summary>
    /// <exception cref="OperationCanceledException">The time was up before anything was read.</exception>
    public static async Task<SlurmView> ReadAsync(ISlurmPort slurm, TimeProvider time, CancellationToken cancel)
    {
        var view = await slurm.ReadAsync(cancel);
        try
        {
            while (view is { Nodes.Current: true, Partitions.Current: true, Jobs.Current: false })
            {
                await Task.Delay(Between, time, cancel);
                view = await slurm.ReadAsync(cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // What was read is told, and that the jobs are not known.
        }
        return view;
    }
}
