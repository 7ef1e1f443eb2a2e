namespace Bridge.Ledger;

/// <summary>PostgreSQL could not be asked: nothing is known about what the ledger holds.</summary>
public sealed class LedgerUnavailableException : Exception
{
    public LedgerUnavailableException(string message)
        : base(message)
    {
    }

    public LedgerUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public LedgerUnavailableException()
    {
    }
}
