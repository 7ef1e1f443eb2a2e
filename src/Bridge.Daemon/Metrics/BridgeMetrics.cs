using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Bridge.Daemon.Metrics;

/// <summary>Collects the meters named "Bridge", wherever their instruments live, for /metrics.</summary>
public static class BridgeMetrics
{
    public const string MeterName = "Bridge";

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton(_ => new Meter(MeterName));
        services.AddSingleton<StateGauges>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(MeterName)
            .AddRuntimeInstrumentation()
            .AddView(instrument => instrument.Meter.Name == MeterName ? MetricCatalog.ViewOf(instrument.Name) : null)
            .AddPrometheusExporter());
    }
}
