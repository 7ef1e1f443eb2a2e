using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.Control;
using Bridge.Slurm.Wire;

namespace Bridge.Slurm.Rest;

/// <summary>Turns answers of slurmrestd into verdicts. The HTTP status alone never decides.</summary>
internal static class Judge
{
    /// <summary>A read. Content is trusted only from a 200 without errors.</summary>
    public static Reading<T> Read<T>(RestAnswer answer, JsonTypeInfo<T> type)
        where T : Envelope
    {
        if (answer is not RestAnswer.Answered answered)
            return new Reading<T>.Unknown(((RestAnswer.Silent)answer).Reason);
        if (answered.Status == 304)
            return new Reading<T>.Unchanged(answered.Cost);
        if (!answered.LooksLikeJson)
            return new Reading<T>.Unknown(TextProblem(answered), Endpoint: answered.Status == 404);
        if (Parse(answered, type, out var problem) is not { } value)
            return new Reading<T>.Unknown(problem);
        if (value.Errors is not { Length: > 0 } errors)
            return answered.Status == 200
                ? new Reading<T>.Known(value, answered.Cost)
                : new Reading<T>.Unknown($"HTTP {answered.Status} without an error text");
        return SlurmErrors.Find(errors[0].ErrorNumber) is SlurmErrors.Kind.NotThere && answered.Status != 200
            ? new Reading<T>.Absent(Text(answered, errors[0]), answered.Cost)
            : new Reading<T>.Unknown(
                Text(answered, errors[0]), Unexplained: answered.Status == 200 && errors is [{ ErrorNumber: 0 }],
                Failed: answered.Status == 500);
    }

    /// <summary>A write. Only a 200 without errors is Done.</summary>
    public static StepResult Write(RestAnswer answer, out IReadOnlyList<string> warnings)
    {
        warnings = [];
        if (answer is not RestAnswer.Answered answered)
            return StepResult.Unavailable(((RestAnswer.Silent)answer).Reason);
        if (answered.Status == 304)
            return StepResult.Rejected("slurmrestd says that it changed nothing (HTTP 304)");
        if (!answered.LooksLikeJson)
            return OfText(answered);
        if (Parse(answered, WireJson.Default.EmptyAnswer, out var problem) is not { } value)
            return StepResult.Unavailable(problem);
        warnings = [.. (value.Warnings ?? []).Select(w => $"{w.Description} {w.Source}".Trim())];
        if (value.Errors is { Length: > 0 } errors)
            return OfError(answered, errors[0]);
        return answered.Status == 200 ? StepResult.Done
            : StepResult.Unavailable($"HTTP {answered.Status} without an error text");
    }

    private static StepResult OfError(RestAnswer.Answered answered, WireError error)
    {
        var text = Text(answered, error);
        return SlurmErrors.Find(error.ErrorNumber) switch
        {
            SlurmErrors.Kind.Unreachable => StepResult.Unavailable(text),
            SlurmErrors.Kind.AlreadySo => StepResult.Done,
            SlurmErrors.Kind.NotThere => StepResult.Gone,
            SlurmErrors.Kind.InTheWay => StepResult.Conflict(text),
            SlurmErrors.Kind.Refused => StepResult.Rejected(text),
            _ when answered.Status is >= 400 and < 500 => StepResult.Rejected(text),
            _ => StepResult.Unavailable(text),
        };
    }

    private static StepResult OfText(RestAnswer.Answered answered) => answered.Status switch
    {
        400 or 413 or 415 => StepResult.Rejected(TextProblem(answered)),
        _ => StepResult.Unavailable(TextProblem(answered)),
    };

    private static T? Parse<T>(RestAnswer.Answered answered, JsonTypeInfo<T> type, out string problem)
        where T : Envelope
    {
        problem = "";
        try
        {
            var value = TolerantJson.Read(answered.Body.Span, type);
            problem = value is null ? $"HTTP {answered.Status} with the body null" : "";
            return value;
        }
        catch (JsonException e)
        {
            problem =
                $"HTTP {answered.Status} with {answered.Body.Length} bytes that are not whole JSON of the expected "
                    + $"shape, at {e.Path ?? "the start"}";
            return null;
        }
    }

    private static string TextProblem(RestAnswer.Answered answered) => answered.Status switch
    {
        401 or 511 => $"slurmrestd refuses Bridge's token (HTTP {answered.Status} {answered.Excerpt})",
        _ when answered.Body.Length == 0 => $"HTTP {answered.Status} with an empty body",
        _ => $"HTTP {answered.Status}: {answered.Excerpt}",
    };

    private static string Text(RestAnswer.Answered answered, WireError error)
    {
        var words = new[] { error.Description, error.Error is "No error" ? null : error.Error }
            .Where(w => !string.IsNullOrWhiteSpace(w)).Distinct();
        var text = string.Join(": ", words);
        return $"{(text.Length == 0 ? "an error without text" : text)} (HTTP {answered.Status}, Slurm error "
            + $"{error.ErrorNumber})";
    }
}
