namespace Bridge.Daemon.Probe;

/// <summary>Exit codes of <c>bridge probe</c>: they tell a sick machine from a sick probe.</summary>
internal static class ProbeExit
{
    /// <summary>The probe ran, and no check asks for a drain.</summary>
    public const int Healthy = 0;

    /// <summary>The probe ran, and a check failed.</summary>
    public const int Unhealthy = 1;

    /// <summary>The command line or a rules file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>
    /// The probe gave no usable answer: crash, hang, bad answer, or a critical datum that cannot be read.
    /// </summary>
    public const int Broken = 3;

    /// <summary>There is nothing to probe: no library, no driver, no device, no permission.</summary>
    public const int Unavailable = 4;
}

/// <summary>What a probe found, as in the report.</summary>
internal enum ProbeOutcome
{
    Healthy,
    Unhealthy,
    Broken,
    Unavailable,
}
