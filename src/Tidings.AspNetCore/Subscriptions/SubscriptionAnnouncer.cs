using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// Tells what has changed among the active subscriptions, by events that the log does not keep. Changes are gathered first: what has been undone meanwhile is not told, and no more
/// are told per second than is allowed. What the broker refuses is told again before anything else, so that an end is never told before its beginning. One of several nodes tells the ends of those that
/// have died, too.
/// </summary>
internal sealed class SubscriptionAnnouncer(
    Broker broker,
    ActiveSubscriptions subscriptions,
    SubscriptionLists lists,
    ISubscriptionsAccess access,
    IOptions<TidingsOptions> options,
    TimeProvider timeProvider,
    ILogger<SubscriptionAnnouncer> logger,
    INodeEntries? entries = null) : IHostedService, IAsyncDisposable
{
    private readonly SubscriptionsOptions _settings = options.Value.Subscriptions;
    private readonly SubscriptionNode? _node = entries is null ? null : new SubscriptionNode(entries, subscriptions, lists, broker, timeProvider, logger);
    private readonly CancellationTokenSource _stopping = new();
    private Task _telling = Task.CompletedTask;
    private Task _keeping = Task.CompletedTask;
    private int _isDisposed;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_settings.Enabled)
        {
            _telling = Task.Run(() => RunAsync(TellAllAsync), CancellationToken.None);
            _keeping = _node is null ? Task.CompletedTask : Task.Run(() => RunAsync(() => _node.KeepLeaseAsync(_stopping.Token)), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    // The ends of the streams that close now are not told here, for the broker has stopped: another node tells them or, if there is none, whoever listens is told a gap at the next start, and asks for
    // the list.
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await EndAsync();
        if (_node is not null)
        {
            await _node.LeaveAsync(cancellationToken);
        }
    }

    /// <summary>
    /// The cursor that belongs to a list that is made afterwards: whatever the list does not show yet is told after it. A change shows in the lists first and is told then; so to
    /// take the place before the list misses nothing, and what comes twice says the same.
    /// </summary>
    /// <exception cref="PublishException">The log does not answer as it should.</exception>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    public async ValueTask<SseId> CursorAsync(string hubPath, CancellationToken cancellationToken)
    {
        long end = await broker.GetEndAsync(cancellationToken);
        if (end <= broker.LiveOnlyUnknownThrough)
        {
            // This place is also the last one of the process before, whose subscriptions may have ended without a word: whoever comes with it is told a gap. A place of our own is needed.
            string list = SubscriptionAddress.Of(hubPath);
            broker.LiveOnly.Add(list);
            return await broker.PublishLiveOnlyAsync(list, SubscriptionDocuments.ListEvent(hubPath));
        }

        return await broker.IdOfAsync(end, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // The services know it twice: as itself, and as what the host starts.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await EndAsync();
        _stopping.Dispose();
    }

    private async Task EndAsync()
    {
        await _stopping.CancelAsync();
        await _telling;
        await _keeping;
    }

    private async Task TellAllAsync()
    {
        // Rounded up, so that a low rate over a short time is not none.
        int most = (int)Math.Ceiling(_settings.MaxChangesPerSecond * _settings.CoalescingWindow.TotalSeconds);
        await broker.StartAsync(_stopping.Token);
        while (true)
        {
            await subscriptions.WaitForChangesAsync(_stopping.Token);
            await Task.Delay(_settings.CoalescingWindow, timeProvider, _stopping.Token);
            if (_node is null)
            {
                await TellAsync(ToEvents(subscriptions.TakeChanges(most)));
            }
            else
            {
                await TellAsync(ToEvents(await _node.TakeAsync(most, _stopping.Token)));
                await _node.ToldAsync(_stopping.Token);
            }
        }
    }

    private async Task RunAsync(Func<Task> loop)
    {
        try
        {
            await loop();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The app stops: the normal end.
        }
        catch (PublishException refused) when (refused.Failure == PublishFailure.Draining)
        {
            // So does the broker.
        }
        catch (Exception failure)
        {
            SubscriptionsLog.Failed(logger, failure);
        }
    }

    private List<(Topic Topic, ServerEvent Event)> ToEvents(List<SubscriptionChange> changes)
    {
        var events = new List<(Topic, ServerEvent)>(changes.Count);
        foreach (SubscriptionChange change in changes)
        {
            events.Add((change.Subscription.TopicIn(Dialect.Current), SubscriptionDocuments.ToEvent(change, Dialect.Current)));
            if (access.SpeaksLegacy)
            {
                events.Add((change.Subscription.TopicIn(Dialect.Legacy), SubscriptionDocuments.ToEvent(change, Dialect.Legacy)));
            }
        }

        return events;
    }

    private async Task TellAsync(List<(Topic Topic, ServerEvent Event)> events)
    {
        while (events.Count > 0)
        {
            // Together, so that the log stores them in one step.
            Task[] telling = [.. events.Select(told => broker.EnqueueLiveOnly(told.Topic, told.Event))];
            var refused = new List<(Topic, ServerEvent)>();
            for (int i = 0; i < telling.Length; i++)
            {
                try
                {
                    await telling[i];
                }
                catch (PublishException refusal) when (refusal.Failure != PublishFailure.Draining)
                {
                    refused.Add(events[i]);
                }
            }

            events = refused;
            if (events.Count > 0)
            {
                SubscriptionsLog.Refused(logger, events.Count);
                await Task.Delay(_settings.CoalescingWindow, timeProvider, _stopping.Token);
            }
        }
    }
}
