using Tidings;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What can be said about the streams of an endpoint.</summary>
public static class TidingsEndpointConventionBuilderExtensions
{
    /// <summary>
    /// Says what clients receive that have fallen behind; without it, everything that they have missed. For <c>MapTidings</c> and for <c>MapEventStream</c> over topics;
    /// an enumerable has nothing to fall behind of: it waits for its client.
    /// </summary>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public static TBuilder WithSlowReaders<TBuilder>(this TBuilder builder, SlowReaders slowReaders)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!Enum.IsDefined(slowReaders))
        {
            throw new ArgumentOutOfRangeException(nameof(slowReaders), slowReaders, message: null);
        }

        builder.Add(endpoint => endpoint.Metadata.Add(new SlowReadersMetadata(slowReaders)));
        return builder;
    }
}
