namespace Tidings.Server;

/// <summary>The world around a command, so that tests can be that world: data goes to <see cref="Output"/>, messages to <see cref="Error"/>.</summary>
internal sealed class Terminal
{
    public required Stream Input { get; init; }

    /// <summary>Whether a person types the input, rather than a file or another program.</summary>
    public required bool IsInputTyped { get; init; }

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static Terminal OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        IsInputTyped = !Console.IsInputRedirected,
        Output = Console.Out,
        Error = Console.Error,
    };

    /// <summary>Says what went wrong, on one line whatever the text holds: some of it may come from a hub, which must not steer the terminal.</summary>
    public void Complain(string complaint) =>
        Error.WriteLine($"tidings: {string.Concat(complaint.Select(character => char.IsControl(character) ? ' ' : character)).Trim()}");
}
