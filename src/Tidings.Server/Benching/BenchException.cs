namespace Tidings.Server;

/// <summary>The run cannot go on: nothing was measured. The message is for people.</summary>
internal sealed class BenchException(ExitCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    public ExitCode Code { get; } = code;
}
