using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>
/// Tells the log of the app that something fails which is tried again and again: in full when that begins, in a line after a minute and then ever more seldom, and once more when it is over.
/// </summary>
/// <param name="trouble">What fails, as the beginning of a sentence.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Where it is told.</param>
/// <remarks>Used by one loop.</remarks>
internal sealed partial class Outage(string trouble, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan FirstReminder = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromHours(1);

    private long? _began;
    private TimeSpan _nextReminder; // Counted from the beginning.

    /// <summary>Notes that it failed, for the first time or again.</summary>
    public void Failed(Exception failure)
    {
        if (_began is not { } began)
        {
            _began = timeProvider.GetTimestamp();
            _nextReminder = FirstReminder;
            LogBegan(logger, failure, trouble);
            return;
        }

        TimeSpan lasted = timeProvider.GetElapsedTime(began);
        if (lasted >= _nextReminder)
        {
            // After a minute, two, four: whoever looks now and then sees that it is still so, and the rest of the log can still be read.
            _nextReminder = lasted + (lasted < LongestSilence ? lasted : LongestSilence);
            LogGoesOn(logger, trouble, InSeconds(lasted), failure.Message);
        }
    }

    /// <summary>Notes that it works.</summary>
    public void Ended()
    {
        if (_began is { } began)
        {
            _began = null;
            LogEnded(logger, trouble, InSeconds(timeProvider.GetElapsedTime(began)));
        }
    }

    private static TimeSpan InSeconds(TimeSpan lasted) => TimeSpan.FromSeconds(Math.Round(lasted.TotalSeconds));

    // Numbers that no other messages of those have who use this.
    [LoggerMessage(901, LogLevel.Warning, "{Trouble}. It is tried again until it works, and told again now and then.")]
    private static partial void LogBegan(ILogger logger, Exception failure, string trouble);

    [LoggerMessage(902, LogLevel.Warning, "{Trouble}, for {Lasted} now: {Reason}")]
    private static partial void LogGoesOn(ILogger logger, string trouble, TimeSpan lasted, string reason);

    [LoggerMessage(903, LogLevel.Information, "{Trouble}: over after {Lasted}.")]
    private static partial void LogEnded(ILogger logger, string trouble, TimeSpan lasted);
}
