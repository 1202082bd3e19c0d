namespace Tidings;

/// <summary>A stream was not opened; <see cref="Failure"/> says why and so what can be done.</summary>
public sealed class SubscribeException : Exception
{
    /// <summary>Makes the exception for <paramref name="failure"/>.</summary>
    public SubscribeException(SubscribeFailure failure)
        : base(MessageFor(failure))
    {
        Failure = failure;
    }

    /// <summary>Why the stream was not opened.</summary>
    public SubscribeFailure Failure { get; }

    private static string MessageFor(SubscribeFailure failure) => failure switch
    {
        SubscribeFailure.TooManyPatterns => "The stream was not opened: the subscribers use as many distinct patterns as are allowed. Try again later, subscribe to topics exactly, or raise MaxPatterns.",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, message: null),
    };
}

/// <summary>Why a stream was not opened.</summary>
public enum SubscribeFailure
{
    /// <summary>The broker's subscribers use as many distinct patterns as are allowed (<see cref="BrokerOptions.MaxPatterns"/>). Exact topics and patterns in use are still admitted.</summary>
    TooManyPatterns,
}
