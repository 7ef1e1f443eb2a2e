namespace Bridge.Sim;

/// <summary>A promise was broken; the message says which one.</summary>
internal sealed class SimFailure(string message) : Exception(message);
