namespace Bridge.Ledger;

/// <summary>
/// The database's schema is not the one that this program's scripts made. A person has to look; Bridge changes nothing.
/// </summary>
public sealed class LedgerDriftException : Exception
{
    public LedgerDriftException(string message)
        : base(message)
    {
    }

    public LedgerDriftException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public LedgerDriftException()
    {
    }
}
