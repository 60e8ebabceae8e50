using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace StableRep.Api.Http.Lists;

/// <summary>Reads lists a page at a time, by the place of the last row and not by its number, so that rows that come or go shift nothing.</summary>
public sealed class ListReader(IDataProtectionProvider protection)
{
    private const int DefaultSize = 50;
    private const int MostSize = 200;
    private readonly IDataProtector _protector = protection.CreateProtector("page_token");

    /// <summary>Reads a page.</summary>
    /// <exception cref="InputException">The query's size, filter, order or token is wrong; the message says how.</exception>
    public async Task<Page<T>> ReadAsync<T>(
        IQueryable<T> rows, ListFields<T> fields, ListQuery query, CancellationToken cancellationToken = default)
    {
        var size = query.PageSize ?? DefaultSize;
        if (size is < 1 or > MostSize)
        {
            throw new InputException("page_size", $"The page's size must be from 1 to {MostSize}.");
        }

        if (!string.IsNullOrWhiteSpace(query.Filter))
        {
            rows = rows.Where(FilterCompiler<T>.Compile(query.Filter, fields));
        }

        var order = ListOrder<T>.Parse(query.OrderBy, fields);
        var list = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{typeof(T).Name}\n{query.Filter}\n{query.OrderBy}")), 0, 8);
        if (!string.IsNullOrEmpty(query.PageToken))
        {
            rows = rows.Where(order.Behind(PlaceOf(query.PageToken, list, order.Count)));
        }

        var found = await order.Sort(rows).Select(order.Placed()).Take(size + 1).ToListAsync(cancellationToken);
        var next = found.Count > size ? _protector.Protect(JsonSerializer.Serialize(new Token(list, found[size - 1].Place), StudioJson.Options)) : null;
        return new Page<T>([.. found.Take(size).Select(row => row.Row)], next);
    }

    private List<JsonElement> PlaceOf(string pageToken, string list, int count)
    {
        try
        {
            var token = JsonSerializer.Deserialize<ReadToken>(_protector.Unprotect(pageToken), StudioJson.Options)!;
            if (token.List == list && token.Place.Count == count)
            {
                return token.Place;
            }
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or JsonException)
        {
        }

        throw new InputException("page_token", "The token is damaged, or belongs to another filter or order: begin without one.");
    }

    private sealed record Token(string List, object[] Place);

    private sealed record ReadToken(string List, List<JsonElement> Place);
}
