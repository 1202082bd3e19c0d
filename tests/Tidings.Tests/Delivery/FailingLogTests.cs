using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Tests.Delivery;

/// <summary>What the log of the app is told while the events' log fails for long.</summary>
public sealed class FailingLogTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _lines = new();
    private readonly LoggerFactory _loggers;
    private readonly HookedLog _log = new(new InMemoryEventLog());
    private readonly Broker _broker;

    public FailingLogTests()
    {
        _loggers = new LoggerFactory([_lines]);
        _broker = new Broker(new BrokerOptions(), _log, _time, _loggers.CreateLogger<Broker>());
    }

    private IEnumerable<string> StackTraces => _lines.Lines.Select(line => line.Text).Where(text => text.Contains(nameof(EventLogException), StringComparison.Ordinal));

    [Fact]
    public async Task A_log_that_cannot_be_followed_for_long_is_told_with_one_stack_trace_and_when_it_is_over()
    {
        int tries = 0;
        _log.BeforeTail = () => Interlocked.Increment(ref tries) <= 200 ? throw new EventLogException("No answer.") : Task.CompletedTask;
        await _broker.PublishAsync("news", "1", TestBroker.Cancellation);

        while (Volatile.Read(ref tries) <= 200)
        {
            if (_time.TimerCount > 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1)); // once for each failure, so that few reminders are due
            }

            await Task.Yield();
        }

        await _lines.WaitForAsync("Nothing is delivered, because the log cannot be followed: over after ", TestBroker.Cancellation);
        Assert.StartsWith("Nothing is delivered, because the log cannot be followed. It is tried again", Assert.Single(StackTraces), StringComparison.Ordinal);
        Assert.Contains(_lines.Lines, line => line.Text.StartsWith("Nothing is delivered, because the log cannot be followed, for ", StringComparison.Ordinal));
        Assert.InRange(_lines.Lines.Count, 4, 20); // of 200 failures, and among them that the broker has started
    }

    [Fact]
    public async Task Each_batch_that_is_not_stored_is_told_but_the_stack_trace_once_until_one_is_stored()
    {
        for (int outage = 0; outage < 2; outage++)
        {
            _log.BeforeAppend = _ => throw new EventLogException("No answer.");
            for (int i = 0; i < 3; i++)
            {
                await Assert.ThrowsAsync<PublishException>(() => _broker.PublishAsync("news", "1", TestBroker.Cancellation).AsTask());
            }

            _log.BeforeAppend = null;
            await _broker.PublishAsync("news", "1", TestBroker.Cancellation);
        }

        string[] told = [.. _lines.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Text)];
        Assert.Equal(6, told.Length);
        Assert.All(told, text => Assert.StartsWith("The log failed to store 1 events; their publishers were told that the outcome is unknown. No answer. ", text, StringComparison.Ordinal));
        Assert.Equal([told[0], told[3]], StackTraces);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _log.DisposeAsync();
        _loggers.Dispose();
        _lines.Dispose();
    }
}
