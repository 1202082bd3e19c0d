namespace Tidings;

/// <summary>An event was not acknowledged; <see cref="Failure"/> says why and so what can be done.</summary>
public sealed class PublishException : Exception
{
    /// <summary>Makes the exception for <paramref name="failure"/>, with its cause if there is one.</summary>
    public PublishException(PublishFailure failure, Exception? innerException = null)
        : base(MessageFor(failure), innerException)
    {
        Failure = failure;
    }

    /// <summary>Why the event was not acknowledged.</summary>
    public PublishFailure Failure { get; }

    private static string MessageFor(PublishFailure failure) => failure switch
    {
        PublishFailure.Busy => "The event was not stored: too many publishes wait for the log. Try again in a moment, or raise PublishQueueEvents and PublishQueueBytes.",
        PublishFailure.Draining => "The event was not stored: the broker is stopping. Publish to it again when it is back.",
        PublishFailure.StorageFull => "The event was not stored: there is no space for the log. Publishing works again when there is space, or when retention keeps less.",
        PublishFailure.KeyReused => "The event was not stored: its idempotency key was used before for another event. Choose a new key for a new event.",
        PublishFailure.OutcomeUnknown => "The log failed while the event was being stored, so it may be stored or not. See the inner exception.",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, message: null),
    };
}

/// <summary>Why an event was not acknowledged.</summary>
public enum PublishFailure
{
    /// <summary>Too many publishes wait. The event is not stored; trying again later is safe.</summary>
    Busy,

    /// <summary>The broker is stopping. The event is not stored; trying again later is safe.</summary>
    Draining,

    /// <summary>The log has no space. The event is not stored; trying again later is safe.</summary>
    StorageFull,

    /// <summary>The idempotency key was used before for another event. The event is not stored, and trying again will not change that.</summary>
    KeyReused,

    /// <summary>The log failed. The event may be stored or not; trying again may store it twice, unless it has an idempotency key.</summary>
    OutcomeUnknown,
}
