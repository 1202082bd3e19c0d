using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>What an endpoint says about the slow readers of its streams.</summary>
internal sealed record SlowReadersMetadata(SlowReaders SlowReaders)
{
    /// <summary>What the endpoint of the request says; <see cref="SlowReaders.Resume"/> if nothing.</summary>
    public static SlowReaders Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<SlowReadersMetadata>()?.SlowReaders ?? SlowReaders.Resume;
}
