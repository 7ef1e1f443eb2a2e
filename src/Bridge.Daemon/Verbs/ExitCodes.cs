namespace Bridge.Daemon.Verbs;

/// <summary>Exit codes of every verb.</summary>
public static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The verb was understood, and what it was asked to do failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong; the message names the word and what would be right.</summary>
    public const int Usage = 2;
}
