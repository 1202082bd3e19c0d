namespace Tidings;

/// <summary>
/// What a log keeps of an idempotency key, in the same step as the event: enough to recognise a publish that is tried again, and nothing of what was
/// published or by whom.
/// </summary>
/// <param name="Key">A digest of the publisher and of the key that it chose.</param>
/// <param name="Content">A digest of the event: another one under the same key is a mistake of the publisher's.</param>
public readonly record struct IdempotencyMark(UInt128 Key, UInt128 Content);
