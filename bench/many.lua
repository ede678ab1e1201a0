-- Asks for one of so many APIs each time, as bench/tables.py numbers them; the same ones in every run.
local count, services = tonumber(os.getenv("APIS")), tonumber(os.getenv("SERVICES"))
local requests = {}

function init()
    for number = 0, count - 1 do
        requests[number] = wrk.format("GET", "/shop/item" .. number, { Host = "s" .. number % services .. ".test" })
    end
end

function request()
    return requests[math.random(0, count - 1)]
end
