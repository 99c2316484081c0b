import { flyPart } from './fly.ts'

flyPart(1, 4)
