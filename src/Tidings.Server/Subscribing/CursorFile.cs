using Tidings.Client;

namespace Tidings.Server;

/// <summary>The file of <c>--cursor-file</c>; what goes wrong with it is told in a sentence that names it.</summary>
internal sealed class CursorFile(string path) : ICursorStore
{
    private readonly FileCursorStore _file = new(path);

    /// <exception cref="SettingException">The file cannot be read or holds no id.</exception>
    public async ValueTask<string?> LoadAsync(CancellationToken cancellationToken)
    {
        string? id;
        try
        {
            id = await _file.LoadAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"The cursor file {path} cannot be read: {failure.Message}");
        }

        return id.AsSpan().ContainsAny('\r', '\n', '\0')
            ? throw new SettingException($"The cursor file {path} holds more than one line, so it is not one that a subscription has left.")
            : id;
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public async ValueTask SaveAsync(string lastEventId, CancellationToken cancellationToken)
    {
        try
        {
            await _file.SaveAsync(lastEventId, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The cursor file {path} cannot be written: {failure.Message}", failure);
        }
    }
}
