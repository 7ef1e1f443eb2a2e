using Bridge.Core.Planning;

namespace Bridge.Control.Loop;

/// <summary>A step that was tried, and what came of it.</summary>
public sealed record StepOutcome(Step Step, StepResult Result, DateTimeOffset At);
