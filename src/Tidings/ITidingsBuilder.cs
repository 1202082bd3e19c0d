using Microsoft.Extensions.DependencyInjection;

namespace Tidings;

/// <summary>What <c>AddTidings</c> returns: the place to choose a log and other parts.</summary>
public interface ITidingsBuilder
{
    /// <summary>The services of the app.</summary>
    IServiceCollection Services { get; }
}
