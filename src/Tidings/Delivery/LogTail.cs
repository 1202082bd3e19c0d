using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// Follows the log and hands what it reads to the dispatcher, encoded. Only what the log hands back is delivered, also of this node's own events: so everybody
/// sees the log's order, and nothing that could still be undone.
/// </summary>
internal sealed class LogTail(IEventLog log, Dispatcher dispatcher, ServedThrough served, EventIdCodec ids, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Outage _outage = new("Nothing is delivered, because the log cannot be followed", timeProvider, logger);

    public async Task RunAsync(long after, CancellationToken stopping)
    {
        try
        {
            await FollowAsync(after, stopping).ConfigureAwait(false);
        }
        finally
        {
            served.End();
        }
    }

    private async Task FollowAsync(long after, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await foreach (LogPage page in log.TailAsync(after, stopping).ConfigureAwait(false))
                {
                    _outage.Ended();

                    // One page at a time: a fast log cannot fill memory, and what is appended meanwhile comes in one page.
                    await dispatcher.CommittedAsync(Encode(page)).ConfigureAwait(false);
                    after = page.Through;
                    served.MoveTo(after);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Subscribers stay connected: delivery goes on where it stopped as soon as the log answers again.
                _outage.Failed(failure);
            }

            try
            {
                await Task.Delay(PauseAfterFailure, timeProvider, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private CommittedPage Encode(LogPage page)
    {
        var frames = new PageFrames(page.Events, ids);
        var events = new FramedEvent[page.Events.Count];
        for (int i = 0; i < events.Length; i++)
        {
            LoggedEvent logged = page.Events[i];
            events[i] = new FramedEvent(logged.Sequence, logged.Content, frames.Frame(i), PageFrames.PlaceOf(logged));
        }

        // Whoever may have lost something finds out for itself, from its own cursor and its own topics.
        long floor = page.Floor;
        foreach (TopicFloor topicFloor in page.TopicFloors)
        {
            floor = Math.Max(floor, topicFloor.Floor);
        }

        return new CommittedPage(events, page.Through, floor) { IsFork = page.IsFork };
    }
}
