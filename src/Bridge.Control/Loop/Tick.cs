using Bridge.Core.Names;

namespace Bridge.Control.Loop;

/// <summary>One turn of a loop for one key. Returns how long until the next one is wanted if nothing changes.</summary>
public delegate Task<TimeSpan> Tick(ObjectRef key, CancellationToken cancel);
