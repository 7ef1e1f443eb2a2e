using System.Text.RegularExpressions;

namespace Bridge.E2E.World;

/// <summary>A job of alice that runs until the test lets it end.</summary>
internal sealed class BatchJob(E2ELab lab, string id, string endFile)
{
    public string Id => id;

    /// <summary>Lets the script end.</summary>
    public void LetEnd() => File.WriteAllText(endFile, "");

    /// <summary>RUNNING, COMPLETED and so on, as slurmctld says.</summary>
    public async Task<string> StateAsync() => Field(await ShowAsync(), "JobState");

    /// <summary>Waits until it runs.</summary>
    public Task RunsAsync() => Eventually.SoAsync($"job {id} runs", TimeSpan.FromSeconds(60), async () =>
        await ShowAsync() is var shown && Field(shown, "JobState") == "RUNNING" ? ""
            : $"{shown}\n{await lab.StandingAsync()}");

    /// <summary>Asserts that it has run since its first start and still does.</summary>
    public async Task StillRunsAsync()
    {
        var shown = await ShowAsync();
        Assert.True(Field(shown, "JobState") == "RUNNING" && Field(shown, "Restarts") == "0",
            $"the job was disturbed: {shown}");
    }

    /// <summary>
    /// Lets it end and waits until it is COMPLETED, in Slurm and in kubectl, without ever having been restarted.
    /// </summary>
    public async Task CompletesAsync()
    {
        LetEnd();
        await Eventually.SoAsync($"job {id} is COMPLETED", TimeSpan.FromSeconds(60), async () =>
            await StateAsync() is var state && state == "COMPLETED" ? "" : $"it is {state}");
        Assert.Equal("0", Field(await ShowAsync(), "Restarts"));
        await lab.KubectlShowsAsync(id, "COMPLETED");
    }

    private async Task<string> ShowAsync() => (await lab.SlurmAsync("scontrol", "show", "job", id, "-o")).Output;

    private static string Field(string shown, string name) => Regex.Match(shown, $@"\b{name}=(\S+)").Groups[1].Value;
}
