namespace Tidings.FaultHost;

/// <summary>A machine whose wall clock is wrong; time passes as everywhere.</summary>
internal sealed class ShiftedClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
