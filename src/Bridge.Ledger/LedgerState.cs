namespace Bridge.Ledger;

/// <summary>Whether what is recorded reaches PostgreSQL.</summary>
/// <param name="Ready">The schema is in place and the last write or connection attempt worked.</param>
/// <param name="Since">When <paramref name="Ready"/> last changed.</param>
/// <param name="Error">Why not, as one sentence; empty when ready and before the first attempt.</param>
/// <param name="Queued">Rows that wait in memory.</param>
public sealed record LedgerState(bool Ready, DateTimeOffset Since, string Error, int Queued);
