using System.Text;
using Bridge.Control;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Wire;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>Every odd answer that a real slurmrestd was seen to give, as a verdict.</summary>
public sealed class JudgeTests
{
    // status, body, verdict of a read, verdict of a write, a word of the reason
    public static TheoryData<int, string, string, string, string> Answers => new()
    {
        { 200, """{"nodes":[],"errors":[],"warnings":[]}""", "Known", "Done", "" },
        { 200, """{"nodes":[{"name":"n0"}],"errors":[{"error_number":0,"error":"No error","description":"Failure to query node x"}]}""", "Unknown", "Unavailable", "query node x" },
        { 200, """{"errors":[{"error_number":2016,"error":"Requested nodes are busy"}]}""", "Unknown", "Conflict",
            "busy" },
        { 200, "null", "Unknown", "Unavailable", "null" },
        { 200, "", "Unknown", "Unavailable", "empty body" },
        { 200, "Unspecified error", "Unknown", "Unavailable", "Unspecified" },
        { 200, """{"nodes":[{"name":"n""", "Unknown", "Unavailable", "not whole JSON" },
        { 200, """{"nodes":"all","errors":"none"}""", "Unknown", "Unavailable", "not whole JSON" },
        { 304, "", "Unchanged", "Rejected", "304" },
        { 400, "Bad JSON", "Unknown", "Rejected", "Bad JSON" },
        { 401, "Authentication failure", "Unknown", "Unavailable", "refuses Bridge's token" },
        { 404, "Unable to find requested URL endpoint.", "Unknown", "Unavailable", "endpoint" },
        { 404, """{"errors":[{"error_number":2017,"error":"Invalid job id specified"}]}""", "Absent", "Gone", "2017" },
        { 415, "Unsupported", "Unknown", "Rejected", "Unsupported" },
        { 422, """{"errors":[{"error_number":2000,"error":"Invalid partition name specified"}]}""", "Absent", "Gone",
            "2000" },
        { 422, """{"errors":[{"error_number":2010,"error":"Access/permission denied"}]}""", "Unknown", "Rejected",
            "denied" },
        { 422, """{"errors":[{"error_number":2072,"error":"x"}]}""", "Unknown", "Rejected", "2072" },
        { 422, """{"errors":[{"error_number":2075,"error":"Partition is in use"}]}""", "Unknown", "Conflict",
            "in use" },
        { 422, """{"errors":[{"error_number":2168,"error":"duplicate"}]}""", "Unknown", "Conflict", "duplicate" },
        { 422, """{"errors":[{"error_number":6543,"error":"new in some later Slurm"}]}""", "Unknown", "Rejected",
            "later" },
        { 500, "Unspecified error", "Unknown", "Unavailable", "500" },
        { 500, """{"errors":[{"error_number":9207,"error":"bad flag"}]}""", "Unknown", "Rejected", "flag" },
        { 500, """{"errors":[{"error_number":22,"error":"Invalid argument"}]}""", "Unknown", "Rejected", "Invalid" },
        { 500, """{"errors":[{"error_number":-1,"error":"Unspecified error"}]}""", "Unknown", "Unavailable", "-1" },
        { 502, """{"errors":[{"error_number":1800,"error":"Unable to contact slurm controller"}]}""", "Unknown",
            "Unavailable", "contact" },
        { 502, """{"errors":[{"error_number":7000,"error":"Unable to connect to database"}]}""", "Unknown",
            "Unavailable", "database" },
        { 511, """{"errors":[{"error_number":1007,"error":"Protocol authentication error"}]}""", "Unknown",
            "Unavailable", "authentication" },
        { 503, """{"errors":[]}""", "Unknown", "Unavailable", "503" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_gets_its_verdict(int status, string body, string read, string write, string word)
    {
        var answer = new RestAnswer.Answered(status, Encoding.UTF8.GetBytes(body), TimeSpan.FromMilliseconds(1));
        var reading = Judge.Read(answer, WireJson.Default.NodesAnswer);
        Assert.Equal(read, reading.GetType().Name);
        var result = Judge.Write(answer, out _);
        Assert.Equal(write, result.GetType().Name.Replace("Result", "", StringComparison.Ordinal));
        var reason = result switch
        {
            StepResult.ConflictResult r => r.Reason,
            StepResult.RejectedResult r => r.Reason,
            StepResult.UnavailableResult r => r.Reason,
            _ => "",
        };
        if (write is not ("Done" or "Gone"))
            Assert.Contains(word, reason, StringComparison.Ordinal);
        if (read == "Unknown")
            Assert.NotEmpty(reading.Problem);
    }

    [Fact]
    public void Silence_is_unknown_and_unavailable()
    {
        var answer = new RestAnswer.Silent("http://x did not answer within 5 s");
        Assert.Equal("http://x did not answer within 5 s", Judge.Read(answer, WireJson.Default.NodesAnswer).Problem);
        Assert.IsType<StepResult.UnavailableResult>(Judge.Write(answer, out _));
    }

    [Fact]
    public void Warnings_of_a_write_are_handed_out()
    {
        var body =
            """{"errors":[],"warnings":[{"description":"Ignoring unknown field \"bogus\"","source":"#/nodes/bogus"}]}""";
        Judge.Write(new RestAnswer.Answered(200, Encoding.UTF8.GetBytes(body), TimeSpan.Zero), out var warnings);
        Assert.Equal("Ignoring unknown field \"bogus\" #/nodes/bogus", Assert.Single(warnings));
    }

    [Theory]
    [InlineData("""{"set":true,"infinite":false,"number":60}""", 60L)]
    [InlineData("""{"set":true,"infinite":true,"number":0}""", null)]
    [InlineData("""{"set":false,"infinite":false,"number":5}""", null)]
    [InlineData("""{"number":7,"set":true,"later":{"a":[1]}}""", 7L)]
    [InlineData("12", 12L)]
    [InlineData("1.5e3", 1500L)]
    [InlineData("\"x\"", null)]
    [InlineData("null", null)]
    public void Numbers_read_as_objects_and_plain(string json, long? expected)
    {
        var answer =
            System.Text.Json.JsonSerializer.Deserialize($$"""{"last_update":{{json}}}""",
            WireJson.Default.NodesAnswer)!;
        Assert.Equal(expected, answer.LastUpdate.OrNull);
    }
}
