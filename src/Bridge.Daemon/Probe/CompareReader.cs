using System.Text.Json;

namespace Bridge.Daemon.Probe;

/// <summary>Reads the reports of <c>bridge probe nccl</c> from files, one a line; every mistake is named.</summary>
internal static class CompareReader
{
    /// <summary>The reports of all files, or every reason why they cannot be compared.</summary>
    public static (List<NcclReport> Reports, List<string> Errors) Read(IEnumerable<FileInfo> files)
    {
        var (reports, errors) = (new List<NcclReport>(), new List<string>());
        foreach (var file in files)
        {
            try
            {
                var number = 0;
                foreach (var line in File.ReadLines(file.FullName))
                {
                    number++;
                    if (line.Trim().Length > 0) Take(line, $"{file}:{number}", reports, errors);
                }
                if (number == 0) errors.Add($"{file}: is empty; the rank that should have written it left no report");
            }
            catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
            {
                errors.Add($"{file}: cannot be read: {wrong.Message}");
            }
        }
        return (reports, errors);
    }

    private static void Take(string line, string at, List<NcclReport> reports, List<string> errors)
    {
        try
        {
            var report = JsonSerializer.Deserialize(line, ProbeJson.Default.NcclReport);
            if (report is not { Version: 1, Probe: "nccl" }) errors.Add($"{at}: is no report of bridge probe nccl");
            else if (report.Test is null) errors.Add($"{at}: names no test; it is from an older bridge, run it again");
            else reports.Add(report);
        }
        catch (JsonException wrong)
        {
            errors.Add($"{at}: is no report of bridge probe nccl: {wrong.Message}");
        }
    }
}
