using System.Globalization;
using System.Net.Sockets;
using Bridge.ApiServer;
using Bridge.ApiServer.Security;
using Bridge.Control.Ports;
using Bridge.Daemon.Jobs;
using Bridge.Daemon.Metrics;
using Bridge.Daemon.Serving;
using Bridge.Daemon.Settings;
using Bridge.Daemon.Verbs;
using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Bridge.Kube.Leases;
using Bridge.Kube.Writes;
using Bridge.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// The one host of `bridge run`: what it is made of, and its one Kestrel. What runs in it, Program.cs lists.
/// </summary>
public static class BridgeHost
{
    // Less than a pod's grace period of 30 s.
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(20);

    /// <summary>Runs until stopped. A neighbour that cannot be reached is waited for, never a reason to exit.</summary>
    /// <returns>An exit code: 0 after an orderly stop, 1 after a bug, 2 when it cannot listen.</returns>
    public static async Task<int> RunAsync(WebApplication app, CancellationToken stop)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Bridge.Daemon");
        var options = app.Services.GetRequiredService<RunOptions>();
        await using var disposed = app;
        try
        {
            log.Starting(options.Identity, app.Services.GetRequiredService<KubeEndpoint>().ToString(),
                options.Namespace);
            await app.StartAsync(stop);
            app.Services.GetService<HookEndpoint>()?.ShowSocket();
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or SocketException)
        {
            return Usage.Fail([wrong.Message]);
        }
        await app.WaitForShutdownAsync(stop);
        log.Stopped(options.Identity);
        return Failures(app, log) ? ExitCodes.Failed : ExitCodes.Ok;
    }

    // A part that ends by an exception has a bug, and takes the process with it: it is begun anew, with all its parts.
    private static bool Failures(WebApplication app, ILogger log)
    {
        var failed = app.Services.GetServices<IHostedService>().OfType<BackgroundService>()
            .Where(b => b.ExecuteTask is { IsFaulted: true }).ToList();
        foreach (var part in failed)
            log.PartFailed(part.ExecuteTask!.Exception!.InnerException!, part.GetType().Name);
        return failed.Count > 0;
    }

    /// <param name="options">Checked.</param>
    /// <param name="endpoint">The API server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="runs">Adds what runs.</param>
    public static WebApplication Build(
        RunOptions options, KubeEndpoint endpoint, TimeProvider time, Action<IServiceCollection> runs)
    {
        // An empty builder: no environment variable, no settings file decides where this listens.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ConsoleLog.Configure(builder.Logging);
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Goodbye);
        builder.Services.AddSingleton(options).AddSingleton(endpoint).AddSingleton(time).AddRoutingCore();
        AddNeighbours(builder.Services, options);
        AddServing(builder.Services, options);
        BridgeMetrics.Add(builder.Services);
        runs(builder.Services);
        builder.WebHost.UseKestrelCore();
        if (options.Hook is not null)
            builder.Services.AddSingleton<IConnectionListenerFactory>(s => new PacedTransport(
                ActivatorUtilities.CreateInstance<SocketTransportFactory>(s), Get<HookEndpoint>(s).ListensAt,
                Get<TimeProvider>(s)));
        builder.Services.AddOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>()
            .Configure<IEnumerable<ListenEndpoint>>((kestrel, endpoints) =>
            {
                kestrel.AddServerHeader = false;
                ListenEndpoint.ListenAt(endpoints, kestrel);
            });
        var app = builder.Build();
        Get<StateGauges>(app.Services);
        ListenEndpoint.MapAll(app.Services.GetServices<ListenEndpoint>(), app);
        return app;
    }

    private static void AddNeighbours(IServiceCollection services, RunOptions options)
    {
        services.AddSingleton(s => new KubeClient(Get<KubeEndpoint>(s), new KubeLimits(), Get<TimeProvider>(s)));
        services.AddSingleton(s => new KubeFleet(Get<KubeClient>(s), options.Namespace, Get<TimeProvider>(s),
            new Random(), Get<ILogger<KubeFleet>>(s)));
        services.AddSingleton(s => new KubeWriter(Get<KubeClient>(s)));
        services.AddSingleton(s => new EventRecorder(
            Get<KubeWriter>(s), Get<TimeProvider>(s), Get<ILogger<EventRecorder>>(s)));
        services.AddSingleton(s => new KubePort(
            Get<KubeFleet>(s), Get<KubeWriter>(s), Get<EventRecorder>(s)));
        services.AddSingleton<IKubePort>(Get<KubePort>);
        services.AddSingleton(s => new LeaderElector(Get<KubeClient>(s),
            new LeaseOptions { Namespace = options.Namespace, Name = "bridge", Identity = options.Identity },
            Get<TimeProvider>(s), new Random(), Get<ILogger<LeaderElector>>(s)));
        services.AddSingleton(s => new SlurmConnector(Get<KubeClient>(s), options.Slurm,
            () => Get<LeaderElector>(s).IsLeader, Get<TimeProvider>(s), Get<ILoggerFactory>(s)));
        services.AddSingleton<JobFeeds>().AddSingleton<SlurmReaders>().AddSingleton<Leading>();
        services.AddTransient<LeaderTerm>().AddSingleton<Func<LeaderTerm>>(s => () => Get<LeaderTerm>(s));
        services.AddSingleton<PartsNow>(s => () => [KubernetesPart(Get<KubeFleet>(s))]);
        services.AddSingleton<PartsNow>(s => Get<SlurmReaders>(s).Parts);
        services.AddSingleton<PartsNow>(s => Get<Leading>(s).Parts);
        if (options.Ledger is not { } ledger)
            return;
        services.AddSingleton(s => new LedgerStore(
            // A container that is started again has the same name and process id: its journal would count as a
            // repetition.
            new LedgerOptions { ConnectionString = ledger, Writer = string.Create(CultureInfo.InvariantCulture,
                $"{options.Identity} since {Get<TimeProvider>(s).GetUtcNow():O}") },
            Get<TimeProvider>(s), Get<ILogger<LedgerStore>>(s)));
        services.AddSingleton<PartsNow>(s => () => [LedgerPart(Get<LedgerStore>(s).State)]);
    }

    private static void AddServing(IServiceCollection services, RunOptions options)
    {
        services.AddSingleton<HookBell>().AddSingleton<Readiness>();
        if (options.Hook is { } hook)
        {
            services.AddSingleton(s => new HookEndpoint(hook, Get<HookBell>(s), Get<TimeProvider>(s)));
            foreach (var number in Enumerable.Range(0, hook.Count))
                services.AddSingleton(s => Get<HookEndpoint>(s).Endpoints().ElementAt(number));
            services.AddSingleton<PartsNow>(_ => () => [new Part("hooks", PartState.Ready, "they are heard")]);
        }
        if (options.MetricsListen is { } metrics)
            services.AddSingleton(s => MetricsEndpoint.At(metrics, Get<Readiness>(s)));
        services.AddSingleton<JobApiTrust>();
        if (options.Api is not { } api)
            return;
        services.AddSingleton(api);
        services.AddSingleton(s => new JobApiServer(
            new JobApiOptions
            {
                CertificatePath = api.CertificatePath,
                KeyPath = api.KeyPath,
                Authorize = new AccessCache(
                    new AccessReviews(Get<KubeClient>(s)).AuthorizeAsync, Get<TimeProvider>(s)).AuthorizeAsync,
            }, Get<JobFeeds>(s).Served.Objects, Get<ILogger<JobApiServer>>(s), Get<TimeProvider>(s)));
        services.AddSingleton(s => new ListenEndpoint(
            "api", (kestrel, each) => Get<JobApiServer>(s).Listen(kestrel, api.Listen, each),
            routes => Get<JobApiServer>(s).Map(routes, Get<IHostApplicationLifetime>(s).ApplicationStopping)));
        services.AddSingleton<PartsNow>(s => Get<JobApiTrust>(s).Parts);
    }

    private static Part KubernetesPart(KubeFleet fleet)
    {
        var source = fleet.View.Source;
        return !source.Synced
            ? new Part("kubernetes", PartState.NotReady, source.Error.Length > 0 ? source.Error
                : "not every kind of object has been listed yet")
            : source.Error.Length > 0 ? new Part("kubernetes", PartState.Degraded, source.Error)
            : new Part("kubernetes", PartState.Ready, "every kind of object is watched");
    }

    private static Part LedgerPart(LedgerState state) => state.Ready
        ? new Part("ledger", PartState.Ready, "PostgreSQL stores what is recorded")
        : new Part("ledger", PartState.Degraded,
            $"{(state.Error.Length > 0 ? state.Error : "PostgreSQL has not answered yet")}; {state.Queued} rows wait");

    private static T Get<T>(IServiceProvider services)
        where T : notnull => services.GetRequiredService<T>();
}
