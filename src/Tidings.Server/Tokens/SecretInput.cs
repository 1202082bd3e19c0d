using System.Text;

namespace Tidings.Server;

/// <summary>
/// Reads a key or a token from a file, standard input or the environment. Never from an argument: every user of the machine sees those, and the shell remembers them.
/// </summary>
internal static class SecretInput
{
    private const int MaxChars = 256 * 1024;

    /// <summary>The text at <paramref name="place"/> (<c>@FILE</c> or <c>@-</c>), else that of the environment variable, else null.</summary>
    /// <exception cref="SettingException">There is nothing where there should be something.</exception>
    public static async Task<string?> FindAsync(string? place, string option, string variable, Terminal terminal, CancellationToken cancellationToken)
    {
        switch (place)
        {
            case null:
                return terminal.Variable(variable) is { Length: > 0 } text ? text : null;
            case "@-" when terminal.IsInputTyped:
                throw new SettingException($"{option} @- reads standard input, which is the keyboard now. Send a file to it, or use {option} @FILE.");
            case "@-":
                return await ReadAsync(terminal.Input, "Standard input", cancellationToken);
            case ['@', _, ..]:
                try
                {
                    await using FileStream file = File.OpenRead(place[1..]);
                    return await ReadAsync(file, $"The file {place[1..]}", cancellationToken);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    throw new SettingException($"{option} cannot be read: {failure.Message}");
                }

            default:
                // Not repeated: it may well be the secret itself.
                throw new SettingException($"{option} takes @FILE, or @- for standard input: a secret as an argument is seen by everybody on this machine. Or set {variable}.");
        }
    }

    private static async Task<string> ReadAsync(Stream stream, string place, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        char[] buffer = new char[MaxChars + 1];
        int length = await reader.ReadBlockAsync(buffer, cancellationToken);
        string text = new string(buffer, 0, length).TrimEnd('\r', '\n');
        return text.Length is > 0 and <= MaxChars ? text : throw new SettingException($"{place} is empty, or longer than {MaxChars / 1024} KiB.");
    }
}
