namespace Tidings.Server;

/// <summary>How a publish went.</summary>
/// <param name="Code">What to tell the shell.</param>
/// <param name="Text">The event's id when the code is <see cref="ExitCode.Ok"/>, else a sentence that says what is wrong and what to do.</param>
internal readonly record struct HubAnswer(ExitCode Code, string Text);
