using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.Tests.Diagnostics;

/// <summary>What is told of something that fails and is tried again.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _lines = new();
    private readonly Outage _outage;

    public OutageTests() => _outage = new Outage("It fails", _time, _lines.CreateLogger(""));

    [Fact]
    public void Hours_of_failures_are_told_in_full_once_and_then_in_a_line_that_comes_ever_more_seldom()
    {
        var told = new List<int>();
        for (int second = 0; second <= 5 * 3600; second++)
        {
            int before = _lines.Lines.Count;
            _outage.Failed(new EventLogException("No answer."));
            if (_lines.Lines.Count > before)
            {
                told.Add(second);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // Doubled up to the hour after 64 minutes, and an hour more from there.
        Assert.Equal([0, 60, 120, 240, 480, 960, 1920, 3840, 7440, 11040, 14640], told);
        (LogLevel level, string text) = _lines.Lines.First();
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith("It fails. It is tried again until it works, and told again now and then. Tidings.EventLogException: No answer.", text, StringComparison.Ordinal);
        Assert.Equal(
            [(LogLevel.Warning, "It fails, for 00:01:00 now: No answer. "), (LogLevel.Warning, "It fails, for 00:02:00 now: No answer. ")],
            _lines.Lines.Skip(1).Take(2));
    }

    [Fact]
    public void Its_end_is_told_once_with_how_long_it_lasted()
    {
        _outage.Failed(new EventLogException("No answer."));
        _time.Advance(TimeSpan.FromSeconds(90.4));

        _outage.Ended();
        _outage.Ended();

        Assert.Equal((LogLevel.Information, "It fails: over after 00:01:30. "), _lines.Lines.ElementAt(1));
        Assert.Equal(2, _lines.Lines.Count);
    }

    [Fact]
    public void Nothing_is_told_while_it_works()
    {
        _outage.Ended();

        Assert.Empty(_lines.Lines);
    }

    [Fact]
    public void The_next_time_is_told_in_full_again()
    {
        for (int i = 0; i < 2; i++)
        {
            _outage.Failed(new EventLogException("No answer."));
            _time.Advance(TimeSpan.FromMinutes(10));
            _outage.Ended();
        }

        Assert.Equal([LogLevel.Warning, LogLevel.Information, LogLevel.Warning, LogLevel.Information], _lines.Lines.Select(line => line.Level));
        Assert.Contains("EventLogException", _lines.Lines.ElementAt(2).Text, StringComparison.Ordinal);
    }

    public void Dispose() => _lines.Dispose();
}
