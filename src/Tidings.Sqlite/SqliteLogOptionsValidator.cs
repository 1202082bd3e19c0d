using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Stops the start of the app when a setting is out of its range, with a sentence that names the setting, its value and the range.</summary>
internal sealed class SqliteLogOptionsValidator : IValidateOptions<SqliteLogOptions>
{
    public ValidateOptionsResult Validate(string? name, SqliteLogOptions options) =>
        options.Complaint() is { } complaint
            ? ValidateOptionsResult.Fail($"{SqliteLogOptions.SectionName}:{complaint}")
            : ValidateOptionsResult.Success;
}
