using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// Starts the broker before the server listens, and stops it before the server stops: new streams are sent away, waiting publishes are stored, every stream
/// receives what was committed, and only then do the streams end. Without it, open streams would hold the server until the host's timeout.
/// </summary>
internal sealed class TidingsLifetime(Broker broker, OpenStreams streams, TimeProvider timeProvider, ILogger<TidingsLifetime> logger)
    : IHostedLifecycleService
{
    // How long committed events may take to be offered to everybody.
    private static readonly TimeSpan OfferGrace = TimeSpan.FromSeconds(1);

    /// <summary>The most time that stopping may take before connections are cut.</summary>
    public static TimeSpan LongestDrain(TidingsOptions options) => OfferGrace + options.DrainWindow + OpenStreams.Grace;

    public Task StartingAsync(CancellationToken cancellationToken) => broker.StartAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        streams.BeginDraining();
        try
        {
            await broker.DrainAsync().WaitAsync(OfferGrace, timeProvider, cancellationToken);
        }
        catch (Exception failure)
        {
            EventStreamLog.DrainFailed(logger, failure);
        }

        await streams.DrainAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
