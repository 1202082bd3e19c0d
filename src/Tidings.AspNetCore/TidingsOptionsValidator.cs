using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Stops the start of the app when a setting is out of its range, with a sentence that names the setting, its value and the range.</summary>
internal sealed class TidingsOptionsValidator : IValidateOptions<TidingsOptions>
{
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OneHour = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, TidingsOptions options)
    {
        var builder = new ValidateOptionsResultBuilder();
        CheckTime(builder, options.HeartbeatInterval, nameof(options.HeartbeatInterval), TimeSpan.FromSeconds(1), TenMinutes);
        CheckTime(builder, options.CursorHeartbeatInterval, nameof(options.CursorHeartbeatInterval), TimeSpan.FromSeconds(1), OneHour);
        CheckTime(builder, options.DeadPeerTimeout, nameof(options.DeadPeerTimeout), TimeSpan.FromSeconds(1), OneHour);
        CheckTime(builder, options.WriteTimeout, nameof(options.WriteTimeout), TimeSpan.FromSeconds(1), TenMinutes);
        CheckTime(builder, options.ExpiryNotice, nameof(options.ExpiryNotice), TimeSpan.Zero, TenMinutes);
        if (options.MaxStreamAge != TimeSpan.Zero)
        {
            CheckTime(builder, options.MaxStreamAge, nameof(options.MaxStreamAge), TimeSpan.FromSeconds(10), TimeSpan.FromDays(7));
        }

        string streams = nameof(options.Streams);
        CheckCount(builder, options.Streams.MaxTotal, $"{streams}:{nameof(options.Streams.MaxTotal)}", minimum: 1);
        CheckCount(builder, options.Streams.MaxPerAddress, $"{streams}:{nameof(options.Streams.MaxPerAddress)}", minimum: 0);
        CheckCount(builder, options.Streams.MaxPerSubject, $"{streams}:{nameof(options.Streams.MaxPerSubject)}", minimum: 0);
        CheckCount(builder, options.Streams.MaxPerToken, $"{streams}:{nameof(options.Streams.MaxPerToken)}", minimum: 0);
        CheckCount(builder, options.Streams.MaxPatternsPerClient, $"{streams}:{nameof(options.Streams.MaxPatternsPerClient)}", minimum: 0);
        CheckCount(builder, options.Streams.ReplayBytesPerMinute, $"{streams}:{nameof(options.Streams.ReplayBytesPerMinute)}", minimum: 0);
        CheckTime(builder, options.DrainWindow, nameof(options.DrainWindow), TimeSpan.Zero, TimeSpan.FromMinutes(5));
        CheckTime(builder, options.DrainRetry, nameof(options.DrainRetry), TimeSpan.FromMilliseconds(100), TenMinutes);
        CheckTime(builder, options.PublishTimeout, nameof(options.PublishTimeout), TimeSpan.FromMilliseconds(100), TenMinutes);
        CheckTime(builder, options.PublishWaitsForStreams ?? TimeSpan.Zero, nameof(options.PublishWaitsForStreams), TimeSpan.Zero, TenMinutes);
        CheckCount(builder, options.SendBufferBytes, nameof(options.SendBufferBytes), minimum: 4 * 1024, maximum: 16 * 1024 * 1024);
        CheckCount(builder, options.MaxBodyBytes, nameof(options.MaxBodyBytes), minimum: 1);
        CheckCount(builder, options.MaxFieldBytes, nameof(options.MaxFieldBytes), minimum: 1);
        CheckCount(builder, options.MaxTopics, nameof(options.MaxTopics), minimum: 1);
        CheckCount(builder, options.MaxBatchEvents, nameof(options.MaxBatchEvents), minimum: 1);
        CheckCount(builder, options.MaxMatchers, nameof(options.MaxMatchers), minimum: 1);
        CheckCount(builder, options.MaxPatternBytes, nameof(options.MaxPatternBytes), minimum: 1, maximum: Topic.MaxBytes);
        CheckCount(builder, options.MaxPatternGroups, nameof(options.MaxPatternGroups), minimum: 0, maximum: 64);
        CheckUrl(builder, options.PublicUrl, nameof(options.PublicUrl));
        CheckCount(builder, options.MemoryLog.MaxEvents, $"{nameof(options.MemoryLog)}:{nameof(options.MemoryLog.MaxEvents)}", minimum: 0);
        CheckCount(builder, options.MemoryLog.MaxBytes, $"{nameof(options.MemoryLog)}:{nameof(options.MemoryLog.MaxBytes)}", minimum: 0);
        CheckCount(
            builder, options.MemoryLog.MaxIdempotencyKeys, $"{nameof(options.MemoryLog)}:{nameof(options.MemoryLog.MaxIdempotencyKeys)}", minimum: 0);
        CheckTime(
            builder, options.MemoryLog.IdempotencyWindow, $"{nameof(options.MemoryLog)}:{nameof(options.MemoryLog.IdempotencyWindow)}", TimeSpan.Zero, TimeSpan.FromDays(365));
        CheckSubscriptions(builder, options.Subscriptions);
        if (options.Broker.Complaint() is { } complaint)
        {
            builder.AddError($"{TidingsOptions.SectionName}:{nameof(options.Broker)}:{complaint}");
        }

        return builder.Build();
    }

    private static void CheckSubscriptions(ValidateOptionsResultBuilder builder, SubscriptionsOptions options)
    {
        const string Section = nameof(TidingsOptions.Subscriptions);
        CheckTime(builder, options.CoalescingWindow, $"{Section}:{nameof(options.CoalescingWindow)}", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        CheckCount(builder, options.MaxChangesPerSecond, $"{Section}:{nameof(options.MaxChangesPerSecond)}", minimum: 1, maximum: 1_000_000);
        CheckCount(builder, options.PageSize, $"{Section}:{nameof(options.PageSize)}", minimum: 1, maximum: 1000);
    }

    private static void CheckTime(ValidateOptionsResultBuilder builder, TimeSpan value, string name, TimeSpan minimum, TimeSpan maximum)
    {
        if (value < minimum || value > maximum)
        {
            builder.AddError($"{TidingsOptions.SectionName}:{name} is {value}; it must be from {minimum} to {maximum} (hours:minutes:seconds).");
        }
    }

    private static void CheckUrl(ValidateOptionsResultBuilder builder, Uri? value, string name)
    {
        if (value is not null
            && (!value.IsAbsoluteUri || value.Scheme is not ("http" or "https") || value.OriginalString.AsSpan().ContainsAny('?', '#')
                || UrlParser.Parse(value.OriginalString) is null))
        {
            builder.AddError($"{TidingsOptions.SectionName}:{name} is {value}; it must be an absolute URL of http or https without query or fragment.");
        }
    }

    private static void CheckCount(ValidateOptionsResultBuilder builder, long value, string name, long minimum, long maximum = long.MaxValue)
    {
        if (value < minimum)
        {
            builder.AddError($"{TidingsOptions.SectionName}:{name} is {value}; it must be at least {minimum}.");
        }
        else if (value > maximum)
        {
            builder.AddError($"{TidingsOptions.SectionName}:{name} is {value}; it must be at most {maximum}.");
        }
    }
}
