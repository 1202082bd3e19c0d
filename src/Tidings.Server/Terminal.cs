using System.Text;

namespace Tidings.Server;

/// <summary>The world around a command, so that tests can be that world: data goes to <see cref="Output"/>, messages to <see cref="Error"/>.</summary>
internal sealed class Terminal
{
    public required Stream Input { get; init; }

    /// <summary>Whether a person types the input, rather than a file or another program.</summary>
    public required bool IsInputTyped { get; init; }

    public required TextWriter Output { get; init; }

    /// <summary>Whether a person sees the output, rather than a file or another program.</summary>
    public bool IsOutputSeen { get; init; }

    /// <summary>Whether nobody will read any more of the output: the other end of the pipe is closed.</summary>
    public Func<bool> IsOutputAbandoned { get; init; } = () => false;

    public required TextWriter Error { get; init; }

    /// <summary>Whether a person sees the messages: then progress may be shown.</summary>
    public bool IsErrorSeen { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static Terminal OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        IsInputTyped = !Console.IsInputRedirected,
        Output = TextWriter.Synchronized(OpenOutput()),
        IsOutputSeen = !Console.IsOutputRedirected,
        IsOutputAbandoned = OutputPipe.IsAbandoned,
        Error = Console.Error,
        IsErrorSeen = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Says what went wrong, on one line whatever the text holds: some of it may come from a hub, which must not steer the terminal.</summary>
    public void Complain(string complaint) =>
        Error.WriteLine($"tidings: {string.Concat(complaint.Select(character => char.IsControl(character) ? ' ' : character)).Trim()}");

    /// <summary>Replaces what would steer the terminal; what others have sent is printed only in this way. LF and tabs are what data is made of.</summary>
    public static string Harmless(string text) =>
        string.Create(text.Length, text, static (result, text) =>
        {
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = char.IsControl(text[i]) && text[i] is not ('\n' or '\t') ? '\uFFFD' : text[i];
            }
        });

    // Always UTF-8, and never a byte order mark, whatever the locale says: what reads the output must not depend on it.
    private static StreamWriter OpenOutput() => new(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
}
