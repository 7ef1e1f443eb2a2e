using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Reading;

/// <summary>What every reader needs beside its own neighbours.</summary>
internal sealed record ReadContext(TimeProvider Clock, ILogger Log);
