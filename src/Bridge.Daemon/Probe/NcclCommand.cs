using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Bridge.Gpu.Nccl;
using Bridge.Gpu.Rules;

namespace Bridge.Daemon.Probe;

/// <summary>The options of <c>bridge probe nccl</c> and of its child, and what they make.</summary>
internal sealed class NcclCommand
{
    private readonly Option<string?> library = new("--library") { Description = "libnccl.so.2 to load" };
    private readonly Option<string?> cudart = new("--cudart") { Description = "CUDA runtime to load" };
    private readonly Option<int> rank = new("--rank")
    {
        Description = "this rank; SLURM_PROCID by default",
        DefaultValueFactory = _ => FromSlurm("SLURM_PROCID", 0),
    };
    private readonly Option<int> size = new("--size")
    {
        Description = "how many ranks; SLURM_NTASKS by default",
        DefaultValueFactory = _ => FromSlurm("SLURM_NTASKS", 1),
    };
    private readonly Option<string> rendezvous = new("--rendezvous")
    {
        Description = "where the ranks meet: file:/PATH that all see, or tcp://HOST:PORT of rank 0",
        Required = true,
    };
    private readonly Option<string> bytes = new("--bytes")
    {
        Description = "message sizes, K M G as powers of 1024",
        DefaultValueFactory = _ => "8,1M,64M",
    };
    private readonly Option<int> iterations = new("--iterations")
    {
        Description = "all-reduces that are timed per size",
        DefaultValueFactory = _ => 20,
    };
    private readonly Option<int> device = new("--device")
    {
        Description = "device among those that this process may use; SLURM_LOCALID by default",
        DefaultValueFactory = _ => FromSlurm("SLURM_LOCALID", 0),
    };
    private readonly Option<double> timeout = new("--timeout")
    {
        Description = "seconds for everything; then the communicator is aborted",
        DefaultValueFactory = _ => 120,
    };

    public Command Create(TimeProvider time)
    {
        var gpu = new Option<string?>("--gpu") { Description = "uuid of the GPU to use, instead of --device" };
        var product = new Option<string?>("--product") { Description = "product whose bandwidth line must be reached" };
        var nodes = new Option<int>("--nodes")
        {
            Description = "nodes of the test; SLURM_NNODES by default",
            DefaultValueFactory = _ => FromSlurm("SLURM_NNODES", 1),
        };
        var rules = new Option<string?>("--rules") { Description = "folder with the site's own tables" };
        var command = Shared("nccl", "One rank of an all-reduce test: time, bandwidth and correctness of the sum.");
        foreach (var option in (Option[])[gpu, product, nodes, rules]) command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var loading = HealthRulesLoader.Load(parsed.GetValue(rules));
            var errors = Check(parsed).Concat(loading.Errors).ToList();
            var name = parsed.GetValue(product);
            if (parsed.GetValue(nodes) < 1) errors.Add("--nodes must be 1 or more");
            if (loading.Rules is { } loaded && name is not null && !loaded.Products.Any(p => p.Name == name))
                errors.Add($"--product '{name}' is not in products.json");
            if (loading.Rules is null || errors.Count > 0) return ProbeCommand.Refuse(errors);
            var uuid = parsed.GetValue(gpu);
            var options = Read(parsed) is var read && uuid is not null ? read with { Device = 0 } : read;
            var report = await new NcclProbe(time).RunAsync(
                options, uuid, new BandwidthExpectation(loading.Rules, name, parsed.GetValue(nodes)), cancel);
            Console.Out.WriteLine(JsonSerializer.Serialize(report, ProbePrint.Json.NcclReport));
            return NvmlProbe.ExitOf(report.Outcome);
        });
        return command;
    }

    public Command CreateChild(TimeProvider time)
    {
        var command = Shared("child-nccl", "The child of a probe.");
        command.Hidden = true;
        command.SetAction(parsed => new NcclChild(Read(parsed), time).Run());
        return command;
    }

    private static int FromSlurm(string name, int otherwise) =>
        int.TryParse(
            Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;

    private Command Shared(string name, string description) => new(name, description)
    {
        library, cudart, rank, size, rendezvous, bytes, iterations, device, timeout,
    };

    private NcclProbeOptions Read(ParseResult parsed) => new()
    {
        Library = parsed.GetValue(library),
        Cudart = parsed.GetValue(cudart),
        Rank = parsed.GetValue(rank),
        Size = parsed.GetValue(size),
        Rendezvous = parsed.GetValue(rendezvous) ?? "",
        Bytes = parsed.GetValue(bytes) ?? "",
        Iterations = parsed.GetValue(iterations),
        Device = parsed.GetValue(device),
        Timeout = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
    };

    private IEnumerable<string> Check(ParseResult parsed)
    {
        var (rank, size) = (parsed.GetValue(this.rank), parsed.GetValue(this.size));
        if (size < 1) yield return $"--size must be 1 or more, is {size}";
        if (rank < 0 || rank >= size) yield return $"--rank must be from 0 to {Math.Max(0, size - 1)}, is {rank}";
        if (parsed.GetValue(iterations) is < 1 or > 100_000) yield return "--iterations must be from 1 to 100000";
        if (parsed.GetValue(device) < 0) yield return "--device must be 0 or more";
        if (parsed.GetValue(timeout) is not (> 0 and <= 86400))
            yield return "--timeout must be a number of seconds above 0 and at most 86400";
        if (MessageSizes.Parse(parsed.GetValue(bytes) ?? "", out var sizes) is null) yield return sizes;
        if (Rendezvous.Parse(parsed.GetValue(rendezvous) ?? "", out var place) is null) yield return place;
    }
}

/// <summary>Reads message sizes as nccl-tests writes them: "8,1M,1G", with K, M and G as powers of 1024.</summary>
internal static class MessageSizes
{
    private const long Most = 1L << 40;

    /// <summary>The sizes in bytes, or null and a sentence.</summary>
    public static List<long>? Parse(string text, out string error)
    {
        error = "";
        var sizes = new List<long>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (One(part) is { } size && size is >= 4 and <= Most && size % 4 == 0)
            {
                sizes.Add(size);
                continue;
            }
            error = $"--bytes must be sizes such as 8,1M,1G, each a multiple of 4 of at least 4; '{part}' is not";
            return null;
        }
        return sizes;
    }

    private static long? One(string part)
    {
        var (digits, factor) = part.Length == 0 ? (part, 1) : char.ToUpperInvariant(part[^1]) switch
        {
            'K' => (part[..^1], 1L << 10),
            'M' => (part[..^1], 1L << 20),
            'G' => (part[..^1], 1L << 30),
            _ => (part, 1L),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= Most / factor
                ? number * factor
                : null;
    }
}
