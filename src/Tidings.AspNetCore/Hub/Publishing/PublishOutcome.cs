using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>What became of one event of a publish.</summary>
/// <param name="Id">Its id, if it is stored.</param>
/// <param name="Failure">Why it was not acknowledged, otherwise.</param>
internal readonly record struct PublishOutcome(SseId? Id, PublishFailure? Failure)
{
    /// <summary>Waits for a publish.</summary>
    public static async Task<PublishOutcome> OfAsync(Task<SseId> publish)
    {
        try
        {
            return new PublishOutcome(await publish, Failure: null);
        }
        catch (PublishException refused)
        {
            return new PublishOutcome(Id: null, refused.Failure);
        }
        catch (TimeoutException)
        {
            return new PublishOutcome(Id: null, PublishFailure.OutcomeUnknown);
        }
    }

    /// <summary>The status with which a failure is answered, after how many seconds it makes sense to try again (0: never), and what to say.</summary>
    public static (int Status, int RetryAfterSeconds, string Detail) Explain(PublishFailure failure) => failure switch
    {
        PublishFailure.Busy => (StatusCodes.Status503ServiceUnavailable, 1, "The event was not stored: too many publishes are waiting. Try again in a moment."),
        PublishFailure.Draining => (StatusCodes.Status503ServiceUnavailable, 5, "The event was not stored: the hub is stopping. Try again when it is back."),
        PublishFailure.StorageFull => (StatusCodes.Status507InsufficientStorage, 5, "The event was not stored: the hub has no space for it. Try again later."),
        PublishFailure.KeyReused => (
            StatusCodes.Status422UnprocessableEntity, 0, "The event was not stored: its idempotency key was used before for another event."),
        PublishFailure.OutcomeUnknown => (
            StatusCodes.Status503ServiceUnavailable, 1, "The log did not answer as it should while the event was being stored: it may be stored or not. With the same Idempotency-Key it is safe to try again."),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, message: null),
    };
}
