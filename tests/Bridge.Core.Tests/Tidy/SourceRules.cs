using System.Text.RegularExpressions;

namespace Bridge.Core.Tests.Tidy;

/// <summary>Holds what STYLE asks of every source file, so that reviews need not.</summary>
public sealed partial class SourceRules
{
    private const int MaxFileLines = 400;
    private const int MaxMethodLines = 60;
    private const int MaxLineLength = 120;

    /// <summary>Calls that are banned everywhere in src, with what to use instead.</summary>
    private static readonly (Regex Pattern, string Instead)[] Banned =
    [
        (new Regex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b"), "a TimeProvider"),
        (new Regex(@"\bThread\.Sleep\b"), "a condition with a deadline"),
        (new Regex(@"\bRandom\.Shared\b"), "a passed Random"),
        (new Regex(@"\bConfigureAwait\(false\)"), "nothing: there is no synchronization context"),
        (new Regex(@"\bcatch\s*(\r?\n)?\s*\{"), "a catch that names what it expects"),
        (new Regex(@"Task\.Delay\([^,()]*(\([^()]*\)[^,()]*)*(, *[a-zA-Z.]+)?\)"), "Task.Delay with a TimeProvider"),
    ];

    /// <summary>Calls that are banned in the pure projects.</summary>
    private static readonly (Regex Pattern, string Instead)[] BannedInCore =
    [
        (new Regex(@"\b(File|Directory|Process|Environment)\.[A-Z]"), "a value handed in"),
        (new Regex(@"\bTask\.Run\b|\bParallel\.|\bGuid\.NewGuid\b|\bnew Random\(\)"), "a value handed in"),
        (new Regex(@"\busing System\.(IO|Net|Diagnostics)"), "nothing: Core does no I/O"),
    ];

    [Fact]
    public void Files_are_short()
    {
        var long_ = Repository.Sources("src", "tests").Select(f => (File: f, Lines: File.ReadAllLines(f).Length))
            .Where(f => f.Lines > MaxFileLines).Select(f => $"{Repository.Relative(f.File)} has {f.Lines} lines");
        Assert.Empty(long_);
    }

    // A raw string is a document of its own (JSON, SQL, a slurm.conf): a line break would make it another one.
    [Fact]
    public void Lines_fit_on_a_screen() =>
        Assert.Empty(Repository.Sources("src", "tests").SelectMany(f => OutsideRawStrings(File.ReadAllLines(f))
            .Where(l => l.Text.Length > MaxLineLength)
            .Select(l => $"{Repository.Relative(f)}:{l.Number} has {l.Text.Length} characters")));

    [Fact]
    public void Methods_are_short() =>
        Assert.Empty(Repository.Sources("src", "tests").SelectMany(f => MethodLengths.Of(File.ReadAllLines(f))
            .Where(m => m.Lines > MaxMethodLines)
            .Select(m => $"{Repository.Relative(f)}:{m.Line} {m.Name} has {m.Lines} lines")));

    [Fact]
    public void Files_are_named_after_their_first_type()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Sources("src", "tests"))
        {
            var name = Path.GetFileNameWithoutExtension(file).Split('.')[0];
            var types = TypeDeclaration().Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value).ToList();
            if (types.Count > 0 && !types.Contains(name))
                wrong.Add($"{Repository.Relative(file)} declares {types[0]}");
        }
        Assert.Empty(wrong);
    }

    // Slurm/Wire has one set of records for each version.
    [Fact]
    public void A_name_means_one_thing()
    {
        var doubles = Repository.Sources("src").Where(f => !f.Contains("/Wire/", StringComparison.Ordinal))
            .SelectMany(f => TopLevelType().Matches(File.ReadAllText(f))
                .Select(m => (Name: m.Groups["name"].Value, Folder: Repository.Relative(Path.GetDirectoryName(f)!))))
            .Distinct().GroupBy(t => t.Name).Where(g => g.Count() > 1).Select(g => g.Key).Order();
        Assert.Empty(doubles);
    }

    [Fact]
    public void Namespaces_equal_folders()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Sources("src", "tests"))
        {
            var expected = string.Join('.', Repository.Relative(Path.GetDirectoryName(file)!).Split('/').Skip(1));
            var match = Namespace().Match(File.ReadAllText(file));
            if (match.Success && match.Groups["name"].Value != expected)
            {
                var actual = match.Groups["name"].Value;
                wrong.Add($"{Repository.Relative(file)} is in {actual}, its folder says {expected}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        var words = new Regex(@"\b(TO" + "DO|FIX" + "ME|HA" + @"CK|NotImplemented" + @"Exception)\b");
        Assert.Empty(Repository.Sources("src", "tests").SelectMany(f => File.ReadLines(f)
            .Where(l => words.IsMatch(l)).Select(l => $"{Repository.Relative(f)}: {l.Trim()}")));
    }

    [Fact]
    public void Banned_calls_stay_out()
    {
        var found = Repository.Sources("src").SelectMany(f => Hits(f, Banned))
            .Concat(Repository.Sources("src/Bridge.Core").SelectMany(f => Hits(f, BannedInCore)));
        Assert.Empty(found);
    }

    [Fact]
    public void Tests_do_not_sleep()
    {
        var sleep = new Regex(@"Thread\.Sle" + @"ep|Task\.De" + "lay");
        Assert.Empty(
            // The lab is a program: it waits as one does, by TimeProvider.
            Repository.Sources("tests").Where(f => !f.Contains("/Tidy/", StringComparison.Ordinal)
                && !f.Contains("/Bridge.Lab/", StringComparison.Ordinal))
            .SelectMany(f => File.ReadLines(f)
            .Where(l => sleep.IsMatch(l)).Select(l => $"{Repository.Relative(f)}: {l.Trim()}")));
    }

    private static IEnumerable<(string Text, int Number)> OutsideRawStrings(string[] lines)
    {
        var inside = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var quotes = RawQuotes().Count(lines[i]);
            if (!inside && quotes == 0)
                yield return (lines[i], i + 1);
            inside ^= quotes % 2 == 1;
        }
    }

    private static IEnumerable<string> Hits(string file, (Regex Pattern, string Instead)[] banned)
    {
        var text = File.ReadAllText(file);
        foreach (var (pattern, instead) in banned)
            foreach (Match match in pattern.Matches(text))
                yield return $"{Repository.Relative(file)}:{text[..match.Index].Count(c => c == '\n') + 1} "
                    + $"{match.Value.Trim()}: use {instead}";
    }

    [GeneratedRegex(@"^(?:public|internal|file)?\s*(?:(?:static|sealed|abstract|partial|readonly|unsafe|ref)\s+)*"
        + @"(?:class|record struct|record class|record|struct|interface|enum|delegate [\w<>.]+)\s+(?<name>\w+)",
            RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"^(?:public|internal)\s+(?:(?:static|sealed|abstract|readonly|ref)\s+)*"
        + @"(?:class|record struct|record class|record|struct|interface|enum)\s+"
        + @"(?!(?:struct|class)\b)(?<name>\w+)(?!\w|<)",
            RegexOptions.Multiline)]
    private static partial Regex TopLevelType();

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawQuotes();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
