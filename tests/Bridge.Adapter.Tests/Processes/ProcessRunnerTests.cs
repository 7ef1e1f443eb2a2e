using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Bridge.Node.Processes;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.Processes;

public sealed class ProcessRunnerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_are_arguments_and_no_shell_reads_them()
    {
        var result = await RunAsync("printf", "%s|", "a b", "$HOME", "; rm x", "\"q'", "");
        Assert.Equal("a b|$HOME|; rm x|\"q'||", result.Output);
        Assert.True(result.Succeeded);
    }

    [Fact]
    public async Task Input_output_error_and_exit_code_come_back()
    {
        var request = Request("sh", "-c", "cat; echo \"$SECRET\" >&2; exit 3") with
        {
            Input = "line\n",
            Environment = ImmutableDictionary<string, string>.Empty.Add("SECRET", "s"),
        };
        var result = await ProcessRunner.RunAsync(request, TimeProvider.System, Cancel);
        Assert.Equal((ProcessEnd.Exited, 3, "line\n", "s\n"),
            (result.End, result.ExitCode!.Value, result.Output, result.Error));
        Assert.Equal("ended with 3: s", result.Describe());
    }

    [Fact]
    public async Task A_command_starts_with_an_environment_of_listed_names_and_no_password_of_ours()
    {
        const string Password = "BRIDGE_LEDGER";
        var before = Environment.GetEnvironmentVariable(Password);
        Environment.SetEnvironmentVariable(Password, "Password=sesame");
        try
        {
            var squeue = ClientCommand.Of(["env"], TimeProvider.System);
            var output = "";
            var seen = await squeue(["-u", "NOTHING"], piece => output += System.Text.Encoding.UTF8.GetString(piece),
                TimeSpan.FromSeconds(30), Cancel);
            Assert.Equal(0, seen.ExitCode);
            Assert.DoesNotContain("sesame", output, StringComparison.Ordinal);
            var names = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')[0]);
            Assert.Subset(Request("env").Inherited.ToHashSet(), names.ToHashSet());
            Assert.Contains("PATH", names);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Password, before);
        }
    }

    [Fact]
    public async Task A_run_ends_also_where_a_process_outside_the_group_keeps_the_output_open()
    {
        var request = Request("sh", "-c", "setsid sleep 60 & echo $!; sleep 60") with
            { Deadline = TimeSpan.FromSeconds(2), Grace = TimeSpan.FromMilliseconds(300) };
        var watch = Stopwatch.StartNew();
        var result = await ProcessRunner.RunAsync(request, TimeProvider.System, Cancel);
        Assert.Equal(ProcessEnd.TimedOut, result.End);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"took {watch.Elapsed}");
        ProcessGroup.Kill(int.Parse(result.Output.Trim(), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task What_even_KILL_does_not_end_is_not_waited_for()
    {
        // A process of the kernel's takes no signal from us; its end never comes.
        var time = new ManualTime();
        var ending = ProcessGroup.EndAsync(
            int.MaxValue, new TaskCompletionSource().Task, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), time);
        await KubeFake.Eventually.TrueAsync(() => ending.IsCompleted, "it gives up", time);
        Assert.False(await ending);
    }

    [Fact]
    public async Task A_command_that_ignores_its_input_is_no_error()
    {
        var result =
            await ProcessRunner.RunAsync(Request("true") with { Input = new string('x', 1 << 20) },
            TimeProvider.System, Cancel);
        Assert.True(result.Succeeded, result.Describe());
    }

    [Fact]
    public async Task More_output_than_is_kept_is_read_and_dropped()
    {
        var result =
            await ProcessRunner.RunAsync(Request("head", "-c", "3000000", "/dev/zero") with { MaxCharacters = 1000 },
            TimeProvider.System, Cancel);
        Assert.Equal((1000, true, 0, false),
            (result.Output.Length, result.Truncated, result.ExitCode!.Value, result.Succeeded));
    }

    [Fact]
    public async Task At_the_deadline_the_whole_group_ends()
    {
        // The grandchild would hold the pipe open for a minute, and the shell ignores TERM.
        var request = Request("sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; sleep 60") with
        {
            // Long enough for the shell to have set its trap on a busy machine.
            Deadline = TimeSpan.FromSeconds(3),
            Grace = TimeSpan.FromMilliseconds(300),
        };
        var watch = Stopwatch.StartNew();
        var result = await ProcessRunner.RunAsync(request, TimeProvider.System, Cancel);
        Assert.Equal((ProcessEnd.TimedOut, (int?)null), (result.End, result.ExitCode));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"took {watch.Elapsed}");
        var grandchild = int.Parse(result.Output.Trim(), CultureInfo.InvariantCulture);
        await KubeFake.Eventually.TrueAsync(() => !Directory.Exists($"/proc/{grandchild}")
            || IsZombie(grandchild), "the grandchild ends");
        Assert.StartsWith("did not end within", result.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_says_so()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var result = await ProcessRunner.RunAsync(Request("sleep", "60"), TimeProvider.System, cancel.Token);
        Assert.Equal(ProcessEnd.Cancelled, result.End);
    }

    [Fact]
    public async Task A_missing_command_is_a_result()
    {
        var result = await RunAsync("/nonexistent/squeue");
        Assert.Equal(ProcessEnd.NotStarted, result.End);
        Assert.Contains("/nonexistent/squeue", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_shows_as_128_and_its_number() =>
        Assert.Equal(128 + 9, (await RunAsync("sh", "-c", "kill -9 $$")).ExitCode);

    private static bool IsZombie(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static ProcessRequest Request(params string[] command) =>
        new() { Command = [.. command], Deadline = TimeSpan.FromSeconds(30) };

    private static Task<ProcessResult> RunAsync(params string[] command) =>
        ProcessRunner.RunAsync(Request(command), TimeProvider.System, Cancel);
}
