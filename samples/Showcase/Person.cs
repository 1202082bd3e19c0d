using System.Globalization;
using Bogus;

namespace Showcase;

/// <summary>A made-up person in the shape of the usual random-user API.</summary>
internal sealed record Person(PersonId Id, PersonName Name, Login Login, string Email, BirthDate Dob, Picture Picture)
{
    /// <summary>Makes the person with this number: always the same one, so that a client can resume at a server that was restarted.</summary>
    public static Person Make(int number, TimeProvider time)
    {
        var faker = new Faker("en") { Random = new Randomizer(number) };
        string first = faker.Name.FirstName();
        string last = faker.Name.LastName();
        DateTime born = faker.Date.Between(new DateTime(1950, 1, 1), new DateTime(2005, 1, 1));
        return new Person(
            new PersonId("SHOWCASE", number.ToString("D4", CultureInfo.InvariantCulture)),
            new PersonName(faker.PickRandom("Dr", "Mx", "Prof"), first, last),
            new Login(faker.Random.Guid(), faker.Internet.UserName(first, last)),
            faker.Internet.ExampleEmail(first, last).ToLowerInvariant(),
            BirthDate.Of(DateOnly.FromDateTime(born), DateOnly.FromDateTime(time.GetLocalNow().Date)),
            Picture.OfInitials($"{first[0]}{last[0]}", hue: faker.Random.Int(0, 359)));
    }
}

internal sealed record PersonId(string Name, string Value);

internal sealed record PersonName(string Title, string First, string Last);

internal sealed record Login(Guid Uuid, string Username);

internal sealed record BirthDate(DateOnly Date, int Age)
{
    public static BirthDate Of(DateOnly born, DateOnly today)
    {
        int years = today.Year - born.Year;
        return new BirthDate(born, born.AddYears(years) > today ? years - 1 : years);
    }
}

/// <summary>Drawn here, as data URLs: nothing is fetched from anywhere.</summary>
internal sealed record Picture(string Large, string Medium, string Thumbnail)
{
    public static Picture OfInitials(string initials, int hue) => new(Draw(initials, hue, 128), Draw(initials, hue, 72), Draw(initials, hue, 48));

    private static string Draw(string initials, int hue, int size) => "data:image/svg+xml," + Uri.EscapeDataString(
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 64 64">
        <rect width="64" height="64" fill="hsl({hue} 38% 42%)"/><circle cx="52" cy="58" r="30" fill="hsl({hue} 42% 50%)"/>
        <text x="32" y="41" text-anchor="middle" font-family="system-ui, sans-serif" font-size="25" font-weight="600" fill="#fff">{initials}</text>
        </svg>
        """);
}
