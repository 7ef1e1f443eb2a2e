namespace Bridge.Gpu.Native;

/// <summary>A moment on the monotonic clock after which waiting makes no sense.</summary>
public sealed class Deadline
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider time;
    private readonly long began;
    private readonly TimeSpan after;

    /// <summary>A deadline from now on.</summary>
    public Deadline(TimeProvider time, TimeSpan after) =>
        (this.time, began, this.after) = (time, time.GetTimestamp(), after);

    /// <summary>True once it is over.</summary>
    public bool Passed => time.GetElapsedTime(began) >= after;

    /// <summary>
    /// Asks again and again until the answer is not null. Null back means that the deadline passed first. It blocks its
    /// thread: CUDA's current device belongs to the thread, and an await could move on to another one.
    /// </summary>
    public T? Until<T>(Func<T?> ask)
        where T : struct
    {
        while (true)
        {
            if (ask() is { } answer) return answer;
            if (Passed) return null;
            Pause();
        }
    }

    private void Pause()
    {
        using var done = new ManualResetEventSlim();
        using var timer = time.CreateTimer(_ => done.Set(), null, Step, Timeout.InfiniteTimeSpan);
        done.Wait();
    }
}
