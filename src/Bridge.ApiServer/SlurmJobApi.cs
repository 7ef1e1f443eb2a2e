using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Serving;
using Microsoft.AspNetCore.Routing;

namespace Bridge.ApiServer;

/// <summary>The aggregated API jobs.slurmbridge.io/v1alpha1.</summary>
public static class SlurmJobApi
{
    /// <summary>
    /// Maps discovery, OpenAPI, health and slurmjobs. Everything but health asks for the front proxy's certificate.
    /// </summary>
    public static void Map(IEndpointRouteBuilder routes, JobStore jobs, ServingSettings settings) =>
        ApiGroupRoutes.Map(routes, [ServedResource.Of(SlurmJobKind.Resource, jobs.Objects)], settings);
}
