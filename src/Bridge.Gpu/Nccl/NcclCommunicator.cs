using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nccl;

/// <summary>A collective that did not come to its end.</summary>
/// <param name="kind">"hang" where the deadline passed, "asyncError" where NCCL said why.</param>
/// <param name="during">What was going on.</param>
/// <param name="why">In words.</param>
public sealed class CollectiveException(string kind, string during, string why) : Exception($"{during}: {why}")
{
    /// <summary>"hang" or "asyncError".</summary>
    public string Kind { get; } = kind;

    /// <summary>What was going on.</summary>
    public string During { get; } = during;
}

/// <summary>
/// One rank of a communicator. Nothing here blocks: every call returns at once, its end is asked for until the
/// deadline,
/// and then the communicator is aborted.
/// </summary>
public sealed unsafe class NcclCommunicator : IDisposable
{
    private const int Float32 = 7;
    private const int Sum = 0;

    private readonly NcclLibrary nccl;
    private nint comm;

    private NcclCommunicator(NcclLibrary nccl, nint comm) => (this.nccl, this.comm) = (nccl, comm);

    /// <summary>Joins the communicator of an id; every rank must come before the deadline.</summary>
    public static NcclCommunicator Join(NcclLibrary nccl, ReadOnlySpan<byte> id, int rank, int size, Deadline deadline)
    {
        var unique = default(NcclUniqueId);
        id[..NcclUniqueId.Size].CopyTo(unique);
        var config = NcclConfig.NonBlocking();
        nint comm = 0;
        var start = nccl.Exports.InitRankConfig;
        var code = ((delegate* unmanaged[Cdecl]<nint*, int, NcclUniqueId, int, NcclConfig*, int>)nccl.Enter(start))(
            &comm, size, unique, rank, &config);
        if (code != (int)NcclResult.InProgress) NcclLibrary.Check(start, code);
        var communicator = new NcclCommunicator(nccl, comm);
        communicator.Await(deadline, "joining the communicator");
        return communicator;
    }

    /// <summary>Queues the sum of floats over all ranks.</summary>
    public void AllReduce(nint from, nint to, long count, nint stream, Deadline deadline)
    {
        var f = nccl.Exports.AllReduce;
        var code = ((delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int>)nccl.Enter(f))(
            from, to, (nuint)count, Float32, Sum, comm, stream);
        if (code == (int)NcclResult.InProgress) Await(deadline, "queueing an all-reduce");
        else NcclLibrary.Check(f, code);
    }

    /// <summary>Throws where NCCL has found an error since; a rank that left shows here and nowhere else.</summary>
    public void ThrowOnAsyncError(string during)
    {
        var state = AsyncState();
        if (state is NcclResult.Success or NcclResult.InProgress) return;
        throw new CollectiveException("asyncError", during, $"NCCL reports {(int)state} ({state.Text()})");
    }

    /// <summary>
    /// Ends every operation of this rank at once. The other ranks see an error or their own deadline.
    /// </summary>
    public void Abort()
    {
        if (comm == 0) return;
        var f = nccl.Exports.Abort;
        _ = ((delegate* unmanaged[Cdecl]<nint, int>)nccl.Enter(f))(comm);
        comm = 0;
    }

    /// <summary>Leaves in good order: what is queued is finished first.</summary>
    public void Leave(Deadline deadline)
    {
        if (this.comm == 0) return;
        var code = ((delegate* unmanaged[Cdecl]<nint, int>)nccl.Enter(nccl.Exports.Finalize))(this.comm);
        if (code != (int)NcclResult.InProgress) NcclLibrary.Check(nccl.Exports.Finalize, code);
        Await(deadline, "leaving the communicator");
        var comm = this.comm;
        this.comm = 0;
        NcclLibrary.Check(
            nccl.Exports.Destroy, ((delegate* unmanaged[Cdecl]<nint, int>)nccl.Enter(nccl.Exports.Destroy))(comm));
    }

    /// <summary>Aborts what was not left in good order.</summary>
    public void Dispose() => Abort();

    private void Await(Deadline deadline, string during)
    {
        NcclResult? Ask() => AsyncState() is var state && state == NcclResult.InProgress ? null : state;
        var end = deadline.Until(Ask);
        if (end == NcclResult.Success) return;
        Abort();
        throw end is { } failed
            ? new CollectiveException("asyncError", during, $"NCCL reports {(int)failed} ({failed.Text()})")
            : new CollectiveException("hang", during, "not every rank answered before the deadline; aborted");
    }

    private NcclResult AsyncState()
    {
        var f = nccl.Exports.AsyncError;
        var state = 0;
        NcclLibrary.Check(f, ((delegate* unmanaged[Cdecl]<nint, int*, int>)nccl.Enter(f))(comm, &state));
        return (NcclResult)state;
    }
}
