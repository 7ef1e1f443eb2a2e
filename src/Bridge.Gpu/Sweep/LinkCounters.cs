using System.Globalization;
using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>
/// The counters of a GPU's links, each folded into one reading of the GPU. A sum is only a sum when the driver told of
/// every link: where one link's number is missing, the reading says which and why.
/// </summary>
internal static class LinkCounters
{
    /// <summary>Counters that older drivers tell by a function of their own: its number there.</summary>
    private static readonly (string Signal, uint Counter)[] Older =
        [("nvlink.replay_errors", 0), ("nvlink.recovery_errors", 1), ("nvlink.crc_errors", 2)];

    /// <summary>Reads them all.</summary>
    /// <param name="gpu">Whose links.</param>
    /// <param name="links">The links that are up; the first says which counters this GPU has.</param>
    /// <param name="set">Where the readings go.</param>
    public static void Read(NvmlDevice gpu, IReadOnlyList<uint> links, ReadingSet set)
    {
        var fields = NvmlFields.OfLink;
        var folds = new Fold[fields.Count];
        var asked = Enumerable.Range(0, fields.Count).ToList();
        var live = fields;
        var answers = new NvmlResult<double>[fields.Count];
        foreach (var link in links)
        {
            FieldReader.Ask(gpu, live, link, answers);
            for (var i = 0; i < asked.Count; i++)
            {
                set.Note(answers[i].Code);
                folds[asked[i]] = folds[asked[i]].With(fields[asked[i]].Adds, link, answers[i]);
            }
            if (set.Gone) break;
            // What one link does not have, none has; asking 17 more times costs time on every sweep.
            if (asked.RemoveAll(i => folds[i].Absent is { Unknown: not Absence.Failed }) > 0)
                live = asked.ConvertAll(i => fields[i]);
            if (asked.Count == 0) break;
        }
        for (var i = 0; i < fields.Count; i++) set.Set(fields[i].Signal, folds[i].Told(fields[i].Adds));
        foreach (var (signal, counter) in Older)
            if (!set.Gone && set.Value(signal) is null) ReadOlder(gpu, links, set, (signal, counter));
    }

    private static void ReadOlder(
        NvmlDevice gpu, IReadOnlyList<uint> links, ReadingSet set, (string Signal, uint Counter) which)
    {
        var fold = default(Fold);
        foreach (var link in links)
        {
            var errors = gpu.LinkErrors(link, which.Counter);
            set.Note(errors.Code);
            fold = fold.With(adds: true, link, errors.With(e => (double)e));
            if (fold.Absent is not null) break;
        }
        // Where the function does not tell either, the field's own reason stays.
        if (fold.Absent is null || fold.Absent.Unknown == Absence.Failed) set.Set(which.Signal, fold.Told(adds: true));
    }

    /// <summary>What is known after some links: the value and the link that stands out, or why it ended.</summary>
    private readonly record struct Fold(double Value, (uint Link, double Value)? Most, Reading? Absent)
    {
        public Fold With(bool adds, uint link, NvmlResult<double> answer)
        {
            if (Absent is not null) return this;
            if (!answer.Ok)
            {
                var absence = answer.Code.Absence();
                // What the GPU or its driver does not have is no matter of one link.
                var why = absence == Absence.Failed
                    ? string.Create(CultureInfo.InvariantCulture, $"link {link}: {answer.Explain()}")
                    : answer.Explain();
                return this with { Absent = Reading.Absent(absence, why) };
            }
            var most = Most is { } m && m.Value >= answer.Value ? m : (link, answer.Value);
            return new Fold(adds ? Value + answer.Value : most.Item2, most, null);
        }

        public Reading Told(bool adds)
        {
            if (Absent is not null) return Absent;
            if (Most is not { } most) return Reading.Absent(Absence.NotSupported, "no link is up");
            if (most.Value <= 0) return new Reading(Value);
            var worst = adds ? "most on" : "highest on";
            return new Reading(
                Value, null, string.Create(CultureInfo.InvariantCulture, $"{worst} link {most.Link}: {most.Value}"));
        }
    }
}
