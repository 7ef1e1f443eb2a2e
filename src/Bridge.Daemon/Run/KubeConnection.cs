using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Bridge.Kube.Writes;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>Opens the two halves of Kubernetes: what is watched, and what is written.</summary>
public static class KubeConnection
{
    public static KubeFleet Watch(KubeClient client, string inNamespace, Surroundings around) =>
        new(client, inNamespace, around.Time, new Random(), around.Logs.CreateLogger<KubeFleet>());

    public static KubePort Write(KubeClient client, KubeFleet fleet, Surroundings around)
    {
        var writer = new KubeWriter(client);
        var events = new EventRecorder(writer, around.Time, around.Logs.CreateLogger<EventRecorder>());
        return new KubePort(fleet, writer, events, around.Time);
    }
}
