namespace Tidings.Testing;

/// <summary>When what a test waits for is not late, but will never come.</summary>
public static class Hang
{
    /// <summary><see cref="Limit"/> for attributes.</summary>
    public const int Milliseconds = 120_000;

    /// <summary>How long anything is waited for before the test fails. It never decides about a test that passes: a machine may stand still for many seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(Milliseconds);
}
